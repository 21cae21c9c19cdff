use url::form_urlencoded::byte_serialize;

use crate::error::Error;

/// The operations that `LicetAdmin` has a method for, by their ID in the `OpenAPI` document.
pub const ROUTES: &[(&str, &str, &str)] = &[
    ("createLicense", "POST", "/api/v1/licenses"),
    ("createLicenses", "POST", "/api/v1/licenses/batch"),
    ("getLicense", "GET", "/api/v1/licenses/{id}"),
    ("listLicenses", "GET", "/api/v1/licenses"),
    ("lookupLicense", "POST", "/api/v1/licenses/lookup"),
    ("searchLicenses", "POST", "/api/v1/search"),
    ("updateLicense", "PUT", "/api/v1/licenses/{id}"),
    ("revokeLicense", "POST", "/api/v1/licenses/{id}/revoke"),
    ("suspendLicense", "POST", "/api/v1/licenses/{id}/suspend"),
    ("reinstateLicense", "POST", "/api/v1/licenses/{id}/reinstate"),
    ("renewLicense", "POST", "/api/v1/licenses/{id}/renew"),
    ("rotateLicenseKey", "POST", "/api/v1/licenses/{id}/rotate-key"),
    ("changeLicenses", "POST", "/api/v1/licenses/bulk"),
    ("explainLicense", "GET", "/api/v1/licenses/{id}/explain"),
    ("sendLicenseMail", "POST", "/api/v1/licenses/{id}/mail"),
    ("createLicenseFile", "POST", "/api/v1/licenses/{id}/file"),
    ("listLicenseFiles", "GET", "/api/v1/licenses/{id}/files"),
    ("listLicenseUsage", "GET", "/api/v1/licenses/{id}/usage"),
    ("getLicenseUsageSeries", "GET", "/api/v1/licenses/{id}/usage/series"),
    ("listLicenseEvents", "GET", "/api/v1/licenses/{id}/events"),
    ("listLicenseActivations", "GET", "/api/v1/licenses/{id}/activations"),
    ("deleteLicenseActivation", "DELETE", "/api/v1/licenses/{id}/activations/{activation_id}"),
    ("moveLicenseActivation", "POST", "/api/v1/licenses/{id}/activations/move"),
    ("listLicenseSeats", "GET", "/api/v1/licenses/{id}/seats"),
    ("deleteLicenseSeat", "DELETE", "/api/v1/licenses/{id}/seats/{seat_id}"),
    ("createProduct", "POST", "/api/v1/products"),
    ("getProduct", "GET", "/api/v1/products/{slug}"),
    ("listProducts", "GET", "/api/v1/products"),
    ("updateProduct", "PUT", "/api/v1/products/{slug}"),
    ("createPlan", "POST", "/api/v1/plans"),
    ("getPlan", "GET", "/api/v1/plans/{slug}"),
    ("listPlans", "GET", "/api/v1/plans"),
    ("updatePlan", "PUT", "/api/v1/plans/{slug}"),
    ("deletePlan", "DELETE", "/api/v1/plans/{slug}"),
    ("createWebhook", "POST", "/api/v1/webhooks"),
    ("getWebhook", "GET", "/api/v1/webhooks/{id}"),
    ("listWebhooks", "GET", "/api/v1/webhooks"),
    ("updateWebhook", "PUT", "/api/v1/webhooks/{id}"),
    ("deleteWebhook", "DELETE", "/api/v1/webhooks/{id}"),
    ("rotateWebhookSecret", "POST", "/api/v1/webhooks/{id}/rotate-secret"),
    ("testWebhook", "POST", "/api/v1/webhooks/{id}/test"),
    ("recoverWebhookDeliveries", "POST", "/api/v1/webhooks/{id}/recover"),
    ("listWebhookDeliveries", "GET", "/api/v1/webhooks/{id}/deliveries"),
    ("getEvent", "GET", "/api/v1/events/{id}"),
    ("listEvents", "GET", "/api/v1/events"),
];

/// Returns the method and path of a route, with the IDs in place of its parameters. An ID that would
/// lead to another route, such as an empty one, is an error.
pub fn fill_route(name: &str, ids: &[&str]) -> Result<(&'static str, String), Error> {
    let route = ROUTES.iter().find(|(own, ..)| *own == name);
    let (_, method, template) = route.expect("the route is in the table");
    let mut ids = ids.iter();
    let mut path = String::new();
    for part in template.split('/').skip(1) {
        path.push('/');
        if !part.starts_with('{') {
            path.push_str(part);
            continue;
        }
        let id = ids.next().expect("there is an ID for each parameter");
        if matches!(*id, "" | "." | "..") {
            return Err(Error::Usage(format!("{name} needs an existing {part}, not \"{id}\".")));
        }
        // A plus is a space only in a query.
        path.extend(
            byte_serialize(id.as_bytes()).map(|text| if text == "+" { "%20" } else { text }),
        );
    }
    Ok((method, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_encoded() {
        let (method, path) = fill_route("deleteLicenseSeat", &["a/b c", "d?e"]).unwrap();
        assert_eq!((method, path.as_str()), ("DELETE", "/api/v1/licenses/a%2Fb%20c/seats/d%3Fe"));
    }

    #[test]
    fn an_id_that_leads_to_another_route_is_a_mistake() {
        for id in ["", ".", ".."] {
            assert!(matches!(fill_route("getLicense", &[id]), Err(Error::Usage(_))), "{id}");
        }
    }
}
