//! `viva token create|list|revoke`.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;
use viva_application::access::{Access, CreateToken};
use viva_domain::access::{ApiToken, TokenKind, TokenName, TokenState, User, UserName};
use viva_domain::ids::TokenId;
use viva_domain::ports::PageRequest;

use crate::config::load;
use crate::failure::Failure;
use crate::wiring;

/// Users and tokens are read so many at once.
const PAGE_SIZE: u32 = 100;
/// The longest lifetime of a token, about a century.
const MOST_DAYS: i64 = 36_500;

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Action {
    /// Makes a token and prints it. It is shown once: only a hash of it is kept.
    Create {
        /// What it is for.
        #[arg(long, value_name = "TEXT", value_parser = TokenName::parse)]
        name: TokenName,
        /// Whose it is; a user that is not known yet is made. "local" owns what was kept while nobody had to sign in.
        #[arg(long, value_name = "USER", default_value = "local", value_parser = UserName::parse)]
        user: UserName,
        /// How long it is worth something, such as 12h or 90d; without it, until it is revoked.
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires_in: Option<TimeDelta>,
    },
    /// Lists tokens, those of browsers included, without what is secret.
    List {
        /// Only those of this user.
        #[arg(long, value_name = "USER", value_parser = UserName::parse)]
        user: Option<UserName>,
    },
    /// Takes a token back. Whoever uses it is out: programs with their next request, open connections within half a minute.
    Revoke {
        /// The token's id, as `list` tells it.
        #[arg(value_name = "ID")]
        id: TokenId,
    },
}

/// Does what is asked for, also while a server runs.
///
/// # Errors
/// When the database cannot be used, or there is no such user or token.
pub(crate) async fn run(file: Option<&Path>, action: Action) -> Result<()> {
    let loaded = load(file, &[])?;
    let database = wiring::beside_a_server(&loaded.settings).await?;
    let done = act(&wiring::access(&database), action).await;
    let closed = database.close().await.context(Failure::Database);
    done.and(closed)
}

async fn act(access: &Access, action: Action) -> Result<()> {
    match action {
        Action::Create {
            name,
            user,
            expires_in,
        } => create(access, name, user, expires_in).await,
        Action::List { user } => list(access, user).await,
        Action::Revoke { id } => revoke(access, id).await,
    }
}

/// The token alone goes to standard output, so that it can go into a file.
async fn create(
    access: &Access,
    name: TokenName,
    user: UserName,
    expires_in: Option<TimeDelta>,
) -> Result<()> {
    let request = CreateToken {
        user: user.clone(),
        name,
        lifetime: expires_in,
    };
    let created = access.create(request).await.context(Failure::Database)?;
    writeln!(std::io::stdout(), "{}", created.shown.reveal())?;
    let until = created.token.expires_at.map_or_else(
        || "until it is revoked".to_owned(),
        |at| format!("until {}", time(at)),
    );
    writeln!(
        std::io::stderr(),
        "viva: this token of {user} is good {until}; keep it, for it is not shown again"
    )?;
    Ok(())
}

async fn list(access: &Access, user: Option<UserName>) -> Result<()> {
    let users = match user {
        Some(name) => {
            let user = access.user(&name).await.context(Failure::Database)?;
            vec![user.ok_or_else(|| anyhow!("there is no user {name}"))?]
        }
        None => all_users(access).await?,
    };
    let mut rows =
        vec![["ID", "USER", "NAME", "CREATED", "EXPIRES", "LAST USED", "STATE"].map(str::to_owned)];
    for user in users {
        for token in all_tokens(access, &user).await? {
            let state = access.state(&token).await.context(Failure::Database)?;
            rows.push(row(&user, &token, state));
        }
    }
    std::io::stdout().lock().write_all(table(&rows).as_bytes())?;
    Ok(())
}

async fn revoke(access: &Access, id: TokenId) -> Result<()> {
    let owner = access.owner_of(id).await?;
    access.revoke(owner, id).await?;
    writeln!(std::io::stdout(), "the token {id} is revoked")?;
    Ok(())
}

async fn all_users(access: &Access) -> Result<Vec<User>> {
    let mut users = Vec::new();
    for number in 1.. {
        let page = access.users(PageRequest::new(number, PAGE_SIZE)).await;
        let page = page.context(Failure::Database)?;
        if page.items.is_empty() {
            break;
        }
        users.extend(page.items);
    }
    Ok(users)
}

async fn all_tokens(access: &Access, owner: &User) -> Result<Vec<ApiToken>> {
    let mut tokens = Vec::new();
    for number in 1.. {
        let page = access.list(owner.id, PageRequest::new(number, PAGE_SIZE)).await;
        let page = page.context(Failure::Database)?;
        if page.items.is_empty() {
            break;
        }
        tokens.extend(page.items);
    }
    Ok(tokens)
}

fn row(user: &User, token: &ApiToken, state: TokenState) -> [String; 7] {
    let moment = |at: Option<DateTime<Utc>>| at.map_or_else(|| "never".to_owned(), time);
    let name = match token.kind {
        TokenKind::Api => token.name.to_string(),
        TokenKind::Browser { .. } => format!("{} (browser)", token.name),
    };
    let state = match state {
        TokenState::Valid => "valid",
        TokenState::Expired => "expired",
        TokenState::Revoked => "revoked",
    };
    [
        token.id.to_string(),
        user.name.to_string(),
        name,
        time(token.created_at),
        moment(token.expires_at),
        moment(token.last_used_at),
        state.to_owned(),
    ]
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Columns as wide as what is in them.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A whole number of minutes, hours or days, such as 90d.
fn lifetime(text: &str) -> Result<TimeDelta> {
    let number = |unit: char| text.strip_suffix(unit).and_then(|number| number.parse().ok());
    let lifetime = match (number('d'), number('h'), number('m')) {
        (Some(days), _, _) => TimeDelta::try_days(days),
        (_, Some(hours), _) => TimeDelta::try_hours(hours),
        (_, _, Some(minutes)) => TimeDelta::try_minutes(minutes),
        _ => bail!("write it as a number of minutes, hours or days, such as 30m, 12h or 90d"),
    };
    let limits = TimeDelta::minutes(1)..=TimeDelta::days(MOST_DAYS);
    lifetime
        .filter(|lifetime| limits.contains(lifetime))
        .with_context(|| format!("it must be between 1m and {MOST_DAYS}d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_have_a_unit() {
        for (text, expected) in [
            ("90d", TimeDelta::days(90)),
            ("12h", TimeDelta::hours(12)),
            ("1m", TimeDelta::minutes(1)),
        ] {
            assert_eq!(lifetime(text).unwrap(), expected);
        }
        for text in [
            "90",
            "d",
            "1.5d",
            "9 d",
            "90D",
            "-1d",
            "0m",
            "36501d",
            "9223372036854775807d",
        ] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [["A", "B"], ["筆電", "x"], ["abc", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "A    B\n筆電   x\nabc\n");
    }
}
