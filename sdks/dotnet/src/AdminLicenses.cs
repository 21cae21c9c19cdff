using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>The calls about licenses. An ID is that of a license: <see cref="LookupAsync"/> finds it by its key.</summary>
    public sealed class AdminLicenses
    {
        private static readonly string[] None = new string[0];
        private static readonly object Nothing = JsonObject.Empty;
        private readonly LicetAdmin admin;

        internal AdminLicenses(LicetAdmin admin) => this.admin = admin;

        /// <summary>Issues a license.</summary>
        public Task<JsonObject> CreateAsync(
            object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses", None, body, null, call, cancellationToken);

        /// <summary>Issues up to 1,000 licenses with the same values.</summary>
        public Task<JsonObject> CreateManyAsync(
            object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/batch", None, body, null, call, cancellationToken);

        /// <summary>Returns a license.</summary>
        public Task<JsonObject> GetAsync(string id, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("GET /api/v1/licenses/{id}", new[] { id }, null, null, call, cancellationToken);

        /// <summary>Lists licenses, newest first.</summary>
        public AdminList List(object query = null) =>
            new AdminList(admin, "GET /api/v1/licenses", None, query);

        /// <summary>Returns the license with this key, however the key is spelled.</summary>
        public Task<JsonObject> LookupAsync(string key, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/lookup", None, new { key }, null, call, cancellationToken);

        /// <summary>Finds licenses by a key or a part of it, an email address, a domain, a name or an ID.</summary>
        public Task<JsonObject> SearchAsync(
            string text, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/search", None, new { text }, null, call, cancellationToken);

        /// <summary>Changes the fields that the body has.</summary>
        public Task<JsonObject> UpdateAsync(
            string id, object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("PUT /api/v1/licenses/{id}", new[] { id }, body, null, call, cancellationToken);

        /// <summary>Ends a license for good.</summary>
        public Task<JsonObject> RevokeAsync(
            string id, object body = null, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/{id}/revoke", new[] { id }, body ?? Nothing, null, call, cancellationToken);

        /// <summary>Refuses all validations until the license is reinstated.</summary>
        public Task<JsonObject> SuspendAsync(
            string id, object body = null, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/{id}/suspend", new[] { id }, body ?? Nothing, null, call, cancellationToken);

        /// <summary>Ends a suspension.</summary>
        public Task<JsonObject> ReinstateAsync(
            string id, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/{id}/reinstate", new[] { id }, null, null, call, cancellationToken);

        /// <summary>Moves the end of the license: by the duration of its plan, by days, or to a time.</summary>
        public Task<JsonObject> RenewAsync(
            string id, object body = null, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/{id}/renew", new[] { id }, body ?? Nothing, null, call, cancellationToken);

        /// <summary>Gives the license a new key. The old one is valid for as long as the body says.</summary>
        public Task<JsonObject> RotateKeyAsync(
            string id, object body = null, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/{id}/rotate-key", new[] { id }, body ?? Nothing, null, call, cancellationToken);

        /// <summary>Changes all licenses that match a filter.</summary>
        public Task<JsonObject> ChangeManyAsync(
            object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/bulk", None, body, null, call, cancellationToken);

        /// <summary>Returns the checks of a validation with their results, without counting it.</summary>
        public Task<JsonObject> ExplainAsync(
            string id, object query = null, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("GET /api/v1/licenses/{id}/explain", new[] { id }, null, query, call, cancellationToken);

        /// <summary>Mails the customer, such as with the key.</summary>
        public Task<JsonObject> MailAsync(
            string id, object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/{id}/mail", new[] { id }, body, null, call, cancellationToken);

        /// <summary>Issues a license file for a device or for domains that have no connection.</summary>
        public Task<JsonObject> CreateFileAsync(
            string id, object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/{id}/file", new[] { id }, body, null, call, cancellationToken);

        /// <summary>Lists the license files that were issued, without their contents.</summary>
        public AdminList Files(string id, object query = null) =>
            new AdminList(admin, "GET /api/v1/licenses/{id}/files", new[] { id }, query);

        /// <summary>Lists the validations of a license. Each page has a <c>summary</c> of the whole range.</summary>
        public AdminList Usage(string id, object query = null) =>
            new AdminList(admin, "GET /api/v1/licenses/{id}/usage", new[] { id }, query);

        /// <summary>Returns the validations of a license per hour or day.</summary>
        public Task<JsonObject> UsageSeriesAsync(
            string id, object query, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("GET /api/v1/licenses/{id}/usage/series", new[] { id }, null, query, call, cancellationToken);

        /// <summary>Lists the events of a license.</summary>
        public AdminList Events(string id, object query = null) =>
            new AdminList(admin, "GET /api/v1/licenses/{id}/events", new[] { id }, query);

        /// <summary>Lists the domains and devices on which a license is used.</summary>
        public AdminList Activations(string id, object query = null) =>
            new AdminList(admin, "GET /api/v1/licenses/{id}/activations", new[] { id }, query);

        /// <summary>Frees the slot of a domain or device.</summary>
        public Task<JsonObject> DeleteActivationAsync(
            string id, string activationId, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync(
                "DELETE /api/v1/licenses/{id}/activations/{activation_id}", new[] { id, activationId }, null, null, call, cancellationToken);

        /// <summary>Moves an activation from one domain or device to another.</summary>
        public Task<JsonObject> MoveActivationAsync(
            string id, object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/licenses/{id}/activations/move", new[] { id }, body, null, call, cancellationToken);

        /// <summary>Lists the floating seats in use.</summary>
        public AdminList Seats(string id, object query = null) =>
            new AdminList(admin, "GET /api/v1/licenses/{id}/seats", new[] { id }, query);

        /// <summary>Frees a floating seat.</summary>
        public Task<JsonObject> DeleteSeatAsync(
            string id, string seatId, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("DELETE /api/v1/licenses/{id}/seats/{seat_id}", new[] { id, seatId }, null, null, call, cancellationToken);
    }
}
