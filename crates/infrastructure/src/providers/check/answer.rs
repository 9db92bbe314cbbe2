//! What answers mean, and what it means that there is none.

use std::io::{self, ErrorKind};
use std::iter::successors;

use reqwest::StatusCode;
use viva_domain::credentials::CredentialRefusal;
use viva_domain::ports::ProviderErrorKind;

use super::{NoNetwork, WrongAddress};
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::{Unsent, causes};

/// Codes for keys that are none, or not any more, whatever the status.
const BAD_KEY: [&str; 7] = [
    "account_deactivated",
    "api_key_invalid",
    "authentication_error",
    "invalid_api_key",
    "invalid_auth",
    "invalid_authorization_header",
    "unauthenticated",
];
/// Codes for keys that may not do this, or not from here, whatever the status.
const NOT_ALLOWED: [&str; 5] = [
    "insufficient_permissions",
    "ip_not_authorized",
    "missing_permissions",
    "permission_denied",
    "permission_error",
];

/// The vendor cannot say.
pub(super) const VENDOR_TROUBLE: &str =
    "the provider is out of order and cannot tell; check the key again later";

/// What a status other than 2xx and 3xx means, with what the vendor says about it.
pub(super) fn refused(status: StatusCode, complaint: &Complaint) -> CredentialRefusal {
    match complaint.kind(Some(status)) {
        ProviderErrorKind::CredentialInvalid if is_bad_key(status, complaint) => CredentialRefusal::BadKey,
        ProviderErrorKind::CredentialInvalid
        | ProviderErrorKind::OwnCredentialInvalid
        | ProviderErrorKind::CredentialMissing => CredentialRefusal::Forbidden,
        ProviderErrorKind::QuotaExceeded => CredentialRefusal::QuotaExceeded,
        ProviderErrorKind::RateLimited => CredentialRefusal::RateLimited {
            retry_after: complaint.retry_after,
        },
        ProviderErrorKind::Unavailable => CredentialRefusal::Failed(VENDOR_TROUBLE.to_owned()),
        ProviderErrorKind::Unknown
        | ProviderErrorKind::NotSetUp(_)
        | ProviderErrorKind::InvalidConfig(_)
        | ProviderErrorKind::Failed(_) => match status {
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::METHOD_NOT_ALLOWED => {
                WrongAddress::NotFound.into()
            }
            _ => WrongAddress::NotTheVendor.into(),
        },
    }
}

/// Whether the key is wrong, and not what it was used for.
fn is_bad_key(status: StatusCode, complaint: &Complaint) -> bool {
    let has = |codes: &[&str]| complaint.codes.iter().any(|code| codes.contains(&code.as_str()));
    has(&BAD_KEY) || !has(&NOT_ALLOWED) && status != StatusCode::FORBIDDEN
}

/// Why there is no answer.
pub(super) fn unsent(unsent: Unsent) -> CredentialRefusal {
    let err = match unsent {
        Unsent::Forbidden(why) => return CredentialRefusal::WrongAddress(format!("the base URL {why}")),
        Unsent::Failed(err) => err,
    };
    if err.is_builder() {
        return WrongAddress::NotTheVendor.into();
    }
    let has = |kinds: &[ErrorKind]| {
        causes(&err)
            .filter_map(|cause| cause.downcast_ref())
            .flat_map(with_wrapped)
            .any(|err| kinds.contains(&err.kind()))
    };
    let why = if err.is_dns() {
        NoNetwork::UnknownName
    } else if err.is_timeout() {
        NoNetwork::Silent
    } else if has(&[ErrorKind::ConnectionRefused]) {
        NoNetwork::Refused
    } else if err.is_connect() && has(&[ErrorKind::InvalidData, ErrorKind::UnexpectedEof]) {
        NoNetwork::Encryption
    } else if err.is_connect() {
        NoNetwork::Unreachable
    } else {
        NoNetwork::BrokenOff
    };
    why.into()
}

/// An error with those that it wraps, which are none of its sources.
fn with_wrapped(err: &io::Error) -> impl Iterator<Item = &io::Error> {
    successors(Some(err), |err| err.get_ref()?.downcast_ref())
}
