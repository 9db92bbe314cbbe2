use viva_application::access::{Access, CreateToken};
use viva_domain::access::{TokenName, UserName};
use viva_domain::ids::{TokenId, UserId};
use viva_presentation::SignIn;

use super::{Answer, Server};

/// Somebody with a token.
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) token_id: TokenId,
    /// The whole token.
    pub(crate) token: String,
}

impl Server {
    pub(crate) fn access(&self) -> &Access {
        match &self.state.sign_in {
            SignIn::ByToken(access) => access,
            SignIn::NotNeeded => panic!("nobody has to sign in"),
        }
    }

    /// Makes a token for this user.
    pub(crate) async fn person(&self, name: &str) -> Person {
        self.person_until(name, None).await
    }

    /// Makes a token for this user that is worth something for so long.
    pub(crate) async fn person_until(&self, name: &str, lifetime: Option<chrono::TimeDelta>) -> Person {
        let request = CreateToken {
            user: UserName::parse(name).unwrap(),
            name: TokenName::parse("laptop").unwrap(),
            lifetime,
        };
        let created = self.access().create(request).await.unwrap();
        Person {
            id: created.token.user_id,
            token_id: created.token.id,
            token: created.shown.reveal(),
        }
    }

    pub(crate) async fn revoke(&self, person: &Person) {
        self.access().revoke(person.id, person.token_id).await.unwrap();
    }

    /// Fills in the form of the page.
    pub(crate) async fn log_in(&self, token: &str, headers: &[(&str, &str)]) -> Answer {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers = [&[form][..], headers].concat();
        self.send("POST", "/login", &headers, format!("token={token}").into())
            .await
    }

    /// What a browser sends when this person signed in with it.
    pub(crate) async fn cookie_of(&self, person: &Person) -> String {
        let answer = self.log_in(&person.token, &[]).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
        answer.cookie()
    }
}

impl Person {
    /// What a program of theirs sends.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

impl Answer {
    /// What the browser sends from now on.
    pub(crate) fn cookie(&self) -> String {
        let set_cookie = self.header("set-cookie");
        set_cookie.split(';').next().unwrap_or_default().to_owned()
    }
}
