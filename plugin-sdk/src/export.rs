//! The macros that make a component of a connector.

/// A version as the bytes of a custom section.
#[must_use]
pub const fn stamp<const LENGTH: usize>(version: &str) -> [u8; LENGTH] {
    let bytes = version.as_bytes();
    let mut stamped = [0; LENGTH];
    let mut index = 0;
    while index < LENGTH {
        stamped[index] = bytes[index];
        index += 1;
    }
    stamped
}

/// Exports a connector: the mandatory interface, and exactly the named abilities.
///
/// ```ignore
/// export_channel!(Example);
/// export_channel!(Example: AriReader, ReservationSource, WebhookSource, WebhookRegistrar, GuestMessages, WebhookAnswer);
/// ```
#[macro_export]
macro_rules! export_channel {
    (@ability AriReader $exported:ident) => {
        $crate::__private::ari_reader::export_ari_reader!($exported with_types_in $crate::__private::ari_reader);
    };
    (@ability ReservationSource $exported:ident) => {
        $crate::__private::reservation_source::export_reservation_source!($exported with_types_in $crate::__private::reservation_source);
    };
    (@ability WebhookSource $exported:ident) => {
        $crate::__private::webhook_source::export_webhook_source!($exported with_types_in $crate::__private::webhook_source);
    };
    (@ability WebhookRegistrar $exported:ident) => {
        $crate::__private::webhook_registrar::export_webhook_registrar!($exported with_types_in $crate::__private::webhook_registrar);
    };
    (@ability GuestMessages $exported:ident) => {
        $crate::__private::guest_messages::export_guest_messages!($exported with_types_in $crate::__private::guest_messages);
    };
    (@ability WebhookAnswer $exported:ident) => {
        $crate::__private::webhook_answer::export_webhook_answer!($exported with_types_in $crate::__private::webhook_answer);
    };
    (@ability $unknown:ident $exported:ident) => {
        compile_error!("a channel's abilities are AriReader, ReservationSource, WebhookSource, WebhookRegistrar, GuestMessages and WebhookAnswer");
    };
    ($connector:ty $(: $($ability:ident),+ $(,)?)?) => {
        // A native linker does not take the names of the exports, and a native test does not need them.
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::__private::ExportedChannel<$connector>;
            $crate::__private::channel::export_channel_manager_provider!(Exported with_types_in $crate::__private::channel);
            $($($crate::export_channel!(@ability $ability Exported);)+)?
        };
        $crate::__stamp!();
    };
}

/// Exports an email provider: the mandatory interface, and exactly the named abilities.
///
/// ```ignore
/// export_email!(Example);
/// export_email!(Example: EmailBatch, EmailEvents);
/// ```
#[macro_export]
macro_rules! export_email {
    (@ability EmailBatch $exported:ident) => {
        $crate::__private::email_batch::export_email_batch!($exported with_types_in $crate::__private::email_batch);
    };
    (@ability EmailEvents $exported:ident) => {
        $crate::__private::email_events::export_email_events!($exported with_types_in $crate::__private::email_events);
    };
    (@ability $unknown:ident $exported:ident) => {
        compile_error!("an email provider's abilities are EmailBatch and EmailEvents");
    };
    ($provider:ty $(: $($ability:ident),+ $(,)?)?) => {
        // A native linker does not take the names of the exports, and a native test does not need them.
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::__private::ExportedEmail<$provider>;
            $crate::__private::email::export_email_provider!(Exported with_types_in $crate::__private::email);
            $($($crate::export_email!(@ability $ability Exported);)+)?
        };
        $crate::__stamp!();
    };
}

/// Writes the versions of the contract and of this crate into the component.
#[doc(hidden)]
#[macro_export]
macro_rules! __stamp {
    () => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[used]
            #[unsafe(link_section = "roomwire:contract")]
            static CONTRACT: [u8; $crate::CONTRACT_VERSION.len()] =
                $crate::__private::stamp($crate::CONTRACT_VERSION);
            #[used]
            #[unsafe(link_section = "roomwire:sdk")]
            static SDK: [u8; $crate::SDK_VERSION.len()] =
                $crate::__private::stamp($crate::SDK_VERSION);
        };
    };
}
