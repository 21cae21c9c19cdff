use serde::Serialize;
use serde_json::{json, Value};

use super::{to_json, LicetAdmin, List, Query};
use crate::error::Error;

type Answer = Result<Value, Error>;

/// The calls about licenses. `id` is the ID of a license: `lookup` finds it by its key.
#[derive(Clone, Copy)]
pub struct Licenses<'a>(pub(super) &'a LicetAdmin);

#[allow(clippy::missing_errors_doc)]
impl<'a> Licenses<'a> {
    /// Issues a license.
    pub fn create(&self, body: &impl Serialize) -> Answer {
        self.0.call("createLicense", &[], Some(&to_json(body)?))
    }

    /// Issues up to 1,000 licenses with the same values.
    pub fn create_many(&self, body: &impl Serialize) -> Answer {
        self.0.call("createLicenses", &[], Some(&to_json(body)?))
    }

    /// Returns a license.
    pub fn get(&self, id: &str) -> Answer {
        self.0.call("getLicense", &[id], None)
    }

    /// Lists licenses, newest first.
    #[must_use]
    pub fn list(&self, query: Query) -> List<'a> {
        self.0.list("listLicenses", &[], query)
    }

    /// Returns the license with this key, however the key is spelled.
    pub fn lookup(&self, key: &str) -> Answer {
        self.0.call("lookupLicense", &[], Some(&json!({ "key": key })))
    }

    /// Finds licenses by a key or a part of it, an email address, a domain, a name, an ID …
    pub fn search(&self, text: &str) -> Answer {
        self.0.call("searchLicenses", &[], Some(&json!({ "text": text })))
    }

    /// Returns the checks of a validation with their results, without counting it.
    pub fn explain(&self, id: &str, query: Query) -> Answer {
        self.0.call_with("explainLicense", &[id], &own(query), None)
    }

    /// Changes the fields that the body has.
    pub fn update(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("updateLicense", &[id], Some(&to_json(body)?))
    }

    /// Ends a license for good. The body may have a `reason`.
    pub fn revoke(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("revokeLicense", &[id], Some(&to_json(body)?))
    }

    /// Refuses all validations until the license is reinstated. The body may have a `reason`.
    pub fn suspend(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("suspendLicense", &[id], Some(&to_json(body)?))
    }

    /// Ends a suspension.
    pub fn reinstate(&self, id: &str) -> Answer {
        self.0.call("reinstateLicense", &[id], None)
    }

    /// Moves the end of the license: by the duration of its plan, by days, or to a time.
    pub fn renew(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("renewLicense", &[id], Some(&to_json(body)?))
    }

    /// Gives the license a new key. The old one is valid for as long as the body says.
    pub fn rotate_key(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("rotateLicenseKey", &[id], Some(&to_json(body)?))
    }

    /// Changes all licenses that match a filter.
    pub fn change_many(&self, body: &impl Serialize) -> Answer {
        self.0.call("changeLicenses", &[], Some(&to_json(body)?))
    }

    /// Mails the customer, such as with the key.
    pub fn mail(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("sendLicenseMail", &[id], Some(&to_json(body)?))
    }

    /// Lists the validations of a license. Each page has a `summary` of the whole range.
    #[must_use]
    pub fn usage(&self, id: &str, query: Query) -> List<'a> {
        self.0.list("listLicenseUsage", &[id], query)
    }

    /// Returns the validations of a license per hour or day.
    pub fn usage_series(&self, id: &str, query: Query) -> Answer {
        self.0.call_with("getLicenseUsageSeries", &[id], &own(query), None)
    }

    /// Lists the events of a license.
    #[must_use]
    pub fn events(&self, id: &str, query: Query) -> List<'a> {
        self.0.list("listLicenseEvents", &[id], query)
    }

    /// Lists the domains and devices on which a license is used.
    #[must_use]
    pub fn activations(&self, id: &str, query: Query) -> List<'a> {
        self.0.list("listLicenseActivations", &[id], query)
    }

    /// Frees the slot of a domain or device.
    pub fn delete_activation(&self, id: &str, activation_id: &str) -> Result<(), Error> {
        self.0.call("deleteLicenseActivation", &[id, activation_id], None).map(drop)
    }

    /// Moves an activation from one domain or device to another.
    pub fn move_activation(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("moveLicenseActivation", &[id], Some(&to_json(body)?))
    }

    /// Issues a license file for a device or for domains that have no connection.
    pub fn create_file(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("createLicenseFile", &[id], Some(&to_json(body)?))
    }

    /// Lists the license files that were issued, without their contents.
    #[must_use]
    pub fn files(&self, id: &str, query: Query) -> List<'a> {
        self.0.list("listLicenseFiles", &[id], query)
    }

    /// Lists the seats in use.
    #[must_use]
    pub fn seats(&self, id: &str, query: Query) -> List<'a> {
        self.0.list("listLicenseSeats", &[id], query)
    }

    /// Takes a seat back.
    pub fn delete_seat(&self, id: &str, seat_id: &str) -> Result<(), Error> {
        self.0.call("deleteLicenseSeat", &[id, seat_id], None).map(drop)
    }
}

/// The calls about products.
#[derive(Clone, Copy)]
pub struct Products<'a>(pub(super) &'a LicetAdmin);

#[allow(clippy::missing_errors_doc)]
impl<'a> Products<'a> {
    /// Creates a product.
    pub fn create(&self, body: &impl Serialize) -> Answer {
        self.0.call("createProduct", &[], Some(&to_json(body)?))
    }

    /// Returns a product.
    pub fn get(&self, slug: &str) -> Answer {
        self.0.call("getProduct", &[slug], None)
    }

    /// Lists the products.
    #[must_use]
    pub fn list(&self, query: Query) -> List<'a> {
        self.0.list("listProducts", &[], query)
    }

    /// Changes the fields that the body has.
    pub fn update(&self, slug: &str, body: &impl Serialize) -> Answer {
        self.0.call("updateProduct", &[slug], Some(&to_json(body)?))
    }
}

/// The calls about plans.
#[derive(Clone, Copy)]
pub struct Plans<'a>(pub(super) &'a LicetAdmin);

#[allow(clippy::missing_errors_doc)]
impl<'a> Plans<'a> {
    /// Creates a plan.
    pub fn create(&self, body: &impl Serialize) -> Answer {
        self.0.call("createPlan", &[], Some(&to_json(body)?))
    }

    /// Returns a plan.
    pub fn get(&self, slug: &str) -> Answer {
        self.0.call("getPlan", &[slug], None)
    }

    /// Lists the plans.
    #[must_use]
    pub fn list(&self, query: Query) -> List<'a> {
        self.0.list("listPlans", &[], query)
    }

    /// Changes the fields that the body has, for all licenses of the plan.
    pub fn update(&self, slug: &str, body: &impl Serialize) -> Answer {
        self.0.call("updatePlan", &[slug], Some(&to_json(body)?))
    }

    /// Deletes a plan that no license uses.
    pub fn delete(&self, slug: &str) -> Result<(), Error> {
        self.0.call("deletePlan", &[slug], None).map(drop)
    }
}

/// The calls about the endpoints to which events are sent.
#[derive(Clone, Copy)]
pub struct WebhookEndpoints<'a>(pub(super) &'a LicetAdmin);

#[allow(clippy::missing_errors_doc)]
impl<'a> WebhookEndpoints<'a> {
    /// Creates an endpoint. Its `secret` is shown only once: it is null if the first response was lost
    /// and the request repeated. Then `rotate_secret` makes a new one.
    pub fn create(&self, body: &impl Serialize) -> Answer {
        self.0.call("createWebhook", &[], Some(&to_json(body)?))
    }

    /// Returns an endpoint.
    pub fn get(&self, id: &str) -> Answer {
        self.0.call("getWebhook", &[id], None)
    }

    /// Lists the endpoints.
    #[must_use]
    pub fn list(&self, query: Query) -> List<'a> {
        self.0.list("listWebhooks", &[], query)
    }

    /// Changes the fields that the body has.
    pub fn update(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("updateWebhook", &[id], Some(&to_json(body)?))
    }

    /// Deletes an endpoint.
    pub fn delete(&self, id: &str) -> Result<(), Error> {
        self.0.call("deleteWebhook", &[id], None).map(drop)
    }

    /// Gives the endpoint a new secret.
    pub fn rotate_secret(&self, id: &str) -> Answer {
        self.0.call("rotateWebhookSecret", &[id], None)
    }

    /// Sends an event of the type `webhook.test` to the endpoint.
    pub fn test(&self, id: &str) -> Answer {
        self.0.call("testWebhook", &[id], None)
    }

    /// Sends the events again that the endpoint has missed.
    pub fn recover(&self, id: &str, body: &impl Serialize) -> Answer {
        self.0.call("recoverWebhookDeliveries", &[id], Some(&to_json(body)?))
    }

    /// Lists what was sent to the endpoint.
    #[must_use]
    pub fn deliveries(&self, id: &str, query: Query) -> List<'a> {
        self.0.list("listWebhookDeliveries", &[id], query)
    }
}

/// The calls about events.
#[derive(Clone, Copy)]
pub struct Events<'a>(pub(super) &'a LicetAdmin);

#[allow(clippy::missing_errors_doc)]
impl<'a> Events<'a> {
    /// Returns an event.
    pub fn get(&self, id: &str) -> Answer {
        self.0.call("getEvent", &[id], None)
    }

    /// Lists events, newest first, or those after the event `after`, oldest first.
    #[must_use]
    pub fn list(&self, query: Query) -> List<'a> {
        self.0.list("listEvents", &[], query)
    }
}

fn own(query: Query) -> Vec<(String, String)> {
    query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}
