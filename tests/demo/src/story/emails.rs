//! What the guest reads.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::booking::GUEST;
use super::{Scene, World, eventually};
use crate::mailbox;

/// Emails are sent in the background.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn tell(world: &World<'_>, scene: &Scene<'_>) -> Result<()> {
    world.terminal.chapter("The guest's inbox");
    world.terminal.step("two emails: received, confirmed");
    let emails = eventually(PATIENCE, "two emails to the guest", async || {
        let emails = world.mailbox.emails_to(GUEST);
        Ok((emails.len() >= 2).then_some(emails))
    })
    .await?;
    for email in &emails {
        world.terminal.received(format_args!(
            "{} → {}: {}",
            email.from,
            email.to.join(", "),
            email.subject
        ));
    }
    ensure!(emails.len() == 2, "the guest got {} emails", emails.len());
    world.terminal.held(format_args!("{GUEST} knows"));

    world
        .terminal
        .step("the provider tells, signed, that it was delivered");
    let url = world.webhook(mailbox::CONNECTOR, scene.hotel);
    let email = emails.last().context("there is no email")?;
    let status = world.mailbox.tell_delivered(email, &url).await?;
    ensure!(status == 200, "the webhook was answered {status}");
    world.terminal.held("the signature is good");
    Ok(())
}
