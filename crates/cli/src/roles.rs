//! `--roles ch_0=agent,ch_1=customer`: who is who, where the transcript does not say.

use hackles::error::did_you_mean;
use hackles::{Participant, Role};

/// Roles by speaker id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoleMap(Vec<(String, Role)>);

impl std::str::FromStr for RoleMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pairs = text.split(',').map(str::trim).filter(|p| !p.is_empty()).map(pair);
        pairs.collect::<Result<Vec<_>, _>>().map(RoleMap)
    }
}

fn pair(text: &str) -> Result<(String, Role), String> {
    let (speaker, role) = text
        .split_once('=')
        .ok_or_else(|| format!("\"{text}\" is not SPEAKER=ROLE"))?;
    let (speaker, role) = (speaker.trim(), role.trim());
    let known = Role::of_id(&role.to_ascii_lowercase()).ok_or_else(|| {
        let meant = did_you_mean(&role.to_ascii_lowercase(), ["agent", "customer"]);
        format!("unknown role \"{role}\"{meant}; a role is agent or customer")
    })?;
    match Role::of_id(speaker) {
        Some(own) if own != known => Err(format!(
            "the speaker id \"{speaker}\" is the role {speaker} already"
        )),
        _ => Ok((speaker.to_owned(), known)),
    }
}

impl RoleMap {
    /// The speakers and their roles.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, Role)> {
        self.0.iter().map(|(id, role)| (id.as_str(), *role))
    }

    /// Gives the participants these roles, whatever was said of them before, and adds those not named.
    pub(crate) fn apply(&self, participants: &mut Vec<Participant>) {
        for (id, role) in &self.0 {
            match participants.iter_mut().find(|p| p.id == *id) {
                Some(known) => known.role = Some(*role),
                None => participants.push(Participant {
                    id: id.clone(),
                    role: Some(*role),
                    name: None,
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_wins_over_what_the_transcript_says() {
        let map: RoleMap = "ch_0=agent, ch_1=customer".parse().expect("valid");
        let mut participants = vec![Participant {
            id: "ch_0".into(),
            role: Some(Role::Customer),
            name: Some("Amara".into()),
        }];
        map.apply(&mut participants);
        assert_eq!(participants[0].role, Some(Role::Agent));
        assert_eq!(participants[0].name.as_deref(), Some("Amara"));
        assert_eq!(
            (participants[1].id.as_str(), participants[1].role),
            ("ch_1", Some(Role::Customer))
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!("ch_0".parse::<RoleMap>().is_err());
        assert!(
            "ch_0=agnet"
                .parse::<RoleMap>()
                .expect_err("unknown")
                .contains("did you mean \"agent\"?")
        );
        assert!("agent=customer".parse::<RoleMap>().is_err());
    }
}
