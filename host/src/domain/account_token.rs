//! The port to the tokens that a channel gives an account: sealed, shared by all processes, and asked for within a budget.

use std::time::Duration;

use async_trait::async_trait;

/// A digest that tells an account from others, and tells nobody which account it is.
pub type AccountName = [u8; 32];

/// What an account is called: a digest under each key that the operator gives. There are more while keys rotate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountNames {
    /// Under the present key: what is written, is written under this one.
    pub own: AccountName,
    /// Under the others, in the order in which they are given.
    pub others: Vec<AccountName>,
}

/// So many tokens in any span of so many seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    pub tokens: u32,
    pub seconds: u32,
}

/// A token that only those with the operator's keys can read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sealed {
    /// Which key sealed it.
    pub key_id: String,
    pub bytes: Vec<u8>,
}

/// A token that is fresh by the store's clock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeptToken {
    /// Under which of its names the account has it.
    pub name: AccountName,
    /// The ticket of the request that brought it: a later one is newer.
    pub version: u64,
    pub sealed: Sealed,
    /// Without it, the token is good until the remote refuses it.
    pub fresh_for: Option<Duration>,
}

/// What somebody wants who has no token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wish {
    pub budget: Option<Budget>,
    /// How long nobody else asks the remote: longer than a request takes.
    pub lease: Duration,
    /// The kept token that cannot be used: it was refused, or no key opens it.
    pub unusable: Option<u64>,
    /// The ticket of a request of this process that was given up, whose lease nobody needs to wait for.
    pub abandoned: Option<u64>,
}

/// What to do without a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Ask the remote, once, under this ticket. It is counted already.
    Ask(u64),
    /// There is a token now.
    Kept,
    /// Another process asks: its token will be there soon.
    Busy,
    /// The budget is used up for so many seconds, at least one.
    Spent { seconds: u32 },
}

/// The store cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("the store is not available")]
pub struct TokensUnavailable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps tokens and counts requests for them, for all processes. Nothing is locked between two calls of it.
#[async_trait]
pub trait AccountTokens: Send + Sync {
    /// The account's newest fresh token.
    async fn find(&self, names: &AccountNames) -> Result<Option<KeptToken>, TokensUnavailable>;

    /// Decides whether the remote may be asked now. A use of the budget is written down before it is granted.
    async fn decide(&self, names: &AccountNames, wish: Wish)
    -> Result<Decision, TokensUnavailable>;

    /// Ends a request that brought no token. One that was surely not sent is given back to the budget.
    async fn end(
        &self,
        names: &AccountNames,
        ticket: u64,
        sent: bool,
    ) -> Result<(), TokensUnavailable>;

    /// Ends a request, and keeps its token unless a newer one is kept already.
    async fn keep(
        &self,
        names: &AccountNames,
        ticket: u64,
        sealed: &Sealed,
        fresh_for: Option<Duration>,
    ) -> Result<(), TokensUnavailable>;

    /// Replaces how a token of another key is sealed, by the present key. One that is gone stays gone.
    async fn reseal(
        &self,
        names: &AccountNames,
        version: u64,
        sealed: &Sealed,
    ) -> Result<(), TokensUnavailable>;

    /// Drops this token for all, and none that came after it.
    async fn forget(&self, names: &AccountNames, version: u64) -> Result<(), TokensUnavailable>;
}
