//! What answers mean, and what it means that there is none.

use std::io::{self, ErrorKind};
use std::iter::successors;

use reqwest::StatusCode;
use viva_domain::credentials::CredentialRefusal;
use viva_domain::ports::ProviderErrorKind;

use super::{NoNetwork, WrongAddress};
use crate::catalogue::InvalidBaseUrl;
use crate::providers::transport::errors::Complaint;
use crate::providers::transport::{Unsent, causes};

/// The vendor cannot say.
pub(super) const VENDOR_TROUBLE: &str =
    "the provider is out of order and cannot tell; check the key again later";

/// What a status other than 2xx and 3xx means, with what the vendor says about it.
pub(super) fn refused(status: StatusCode, complaint: &Complaint) -> CredentialRefusal {
    match complaint.kind(Some(status)) {
        ProviderErrorKind::CredentialInvalid | ProviderErrorKind::OwnCredentialInvalid => {
            CredentialRefusal::BadKey
        }
        ProviderErrorKind::CredentialForbidden | ProviderErrorKind::CredentialMissing => {
            CredentialRefusal::Forbidden
        }
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

/// Why there is no answer.
pub(super) fn unsent(unsent: Unsent) -> CredentialRefusal {
    let err = match unsent {
        Unsent::Forbidden(why) => return InvalidBaseUrl::from(why).into(),
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
