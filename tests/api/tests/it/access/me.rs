//! `/me`.

use chrono::TimeDelta;
use serde_json::json;
use viva_domain::ports::StoreErrorKind;
use viva_presentation::RateLimits;

use super::server;
use crate::bench::Server;

const ME: &str = "/api/v1/me";

#[tokio::test]
async fn where_nobody_signs_in_everybody_is_the_local_user() {
    let server = Server::start().await;
    insta::assert_json_snapshot!(server.get(ME).await.json(), @r#"
    {
      "id": "00000000-0000-0000-0000-000000000001",
      "name": "local"
    }
    "#);
}

#[tokio::test]
async fn whoever_signed_in_is_told_who_they_are_and_how() {
    let server = server().await;
    let ada = server.person("ada").await;
    let bob = server.person_until("bob", Some(TimeDelta::hours(1))).await;
    for (person, name) in [(&ada, "ada"), (&bob, "bob")] {
        let (bearer, cookie) = (person.bearer(), server.cookie_of(person).await);
        let program = server
            .request("GET", ME, &[("authorization", &bearer)])
            .await
            .json();
        let browser = server.request("GET", ME, &[("cookie", &cookie)]).await.json();
        for (me, by) in [(&program, "token"), (&browser, "cookie")] {
            assert_eq!(
                (&me["id"], &me["name"]),
                (&json!(person.id.to_string()), &json!(name))
            );
            assert_eq!(me["signed_in"]["by"], by);
            assert_eq!(me["signed_in"]["token"], program["signed_in"]["token"]);
        }
        // A browser stays signed in for 30 days, and not longer than the token is good.
        assert_eq!(program["signed_in"]["expires_at"].is_null(), name == "ada");
        let ends = &browser["signed_in"]["expires_at"];
        assert!(ends.is_string());
        assert_eq!(*ends == program["signed_in"]["expires_at"], name == "bob");
    }
}

#[tokio::test]
async fn a_database_that_is_away_says_nothing_about_who_asks() {
    let (server, store) = Server::on_fake_tokens(RateLimits::default()).await;
    let ada = server.person("ada").await;
    let bearer = ada.bearer();
    store.faults().fail(StoreErrorKind::Unavailable);
    let answer = server.request("GET", ME, &[("authorization", &bearer)]).await;
    assert_eq!(answer.problem(), (503, "database-unavailable".to_owned()));
}
