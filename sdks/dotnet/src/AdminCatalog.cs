using System.Threading;
using System.Threading.Tasks;

namespace Licet
{
    /// <summary>The calls about plans.</summary>
    public sealed class AdminPlans
    {
        private static readonly string[] None = new string[0];
        private readonly LicetAdmin admin;

        internal AdminPlans(LicetAdmin admin) => this.admin = admin;

        /// <summary>Creates a plan.</summary>
        public Task<JsonObject> CreateAsync(
            object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/plans", None, body, null, call, cancellationToken);

        /// <summary>Returns a plan.</summary>
        public Task<JsonObject> GetAsync(string slug, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("GET /api/v1/plans/{slug}", new[] { slug }, null, null, call, cancellationToken);

        /// <summary>Lists plans.</summary>
        public AdminList List(object query = null) =>
            new AdminList(admin, "GET /api/v1/plans", None, query);

        /// <summary>Changes the fields that the body has, for all licenses of the plan.</summary>
        public Task<JsonObject> UpdateAsync(
            string slug, object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("PUT /api/v1/plans/{slug}", new[] { slug }, body, null, call, cancellationToken);

        /// <summary>Deletes a plan that no license uses.</summary>
        public Task<JsonObject> DeleteAsync(
            string slug, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("DELETE /api/v1/plans/{slug}", new[] { slug }, null, null, call, cancellationToken);
    }

    /// <summary>The calls about products.</summary>
    public sealed class AdminProducts
    {
        private static readonly string[] None = new string[0];
        private readonly LicetAdmin admin;

        internal AdminProducts(LicetAdmin admin) => this.admin = admin;

        /// <summary>Creates a product.</summary>
        public Task<JsonObject> CreateAsync(
            object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/products", None, body, null, call, cancellationToken);

        /// <summary>Returns a product.</summary>
        public Task<JsonObject> GetAsync(string slug, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("GET /api/v1/products/{slug}", new[] { slug }, null, null, call, cancellationToken);

        /// <summary>Lists products.</summary>
        public AdminList List(object query = null) =>
            new AdminList(admin, "GET /api/v1/products", None, query);

        /// <summary>Changes the fields that the body has.</summary>
        public Task<JsonObject> UpdateAsync(
            string slug, object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("PUT /api/v1/products/{slug}", new[] { slug }, body, null, call, cancellationToken);
    }

    /// <summary>The calls about the endpoints of webhooks.</summary>
    public sealed class AdminWebhooks
    {
        private static readonly string[] None = new string[0];
        private readonly LicetAdmin admin;

        internal AdminWebhooks(LicetAdmin admin) => this.admin = admin;

        /// <summary>
        /// Creates an endpoint. <c>secret</c> is shown only once: it is null if the first response was lost and the
        /// request repeated. Then <see cref="RotateSecretAsync"/> makes a new one.
        /// </summary>
        public Task<JsonObject> CreateAsync(
            object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/webhooks", None, body, null, call, cancellationToken);

        /// <summary>Returns an endpoint.</summary>
        public Task<JsonObject> GetAsync(string id, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("GET /api/v1/webhooks/{id}", new[] { id }, null, null, call, cancellationToken);

        /// <summary>Lists endpoints.</summary>
        public AdminList List(object query = null) =>
            new AdminList(admin, "GET /api/v1/webhooks", None, query);

        /// <summary>Changes the fields that the body has.</summary>
        public Task<JsonObject> UpdateAsync(
            string id, object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("PUT /api/v1/webhooks/{id}", new[] { id }, body, null, call, cancellationToken);

        /// <summary>Deletes an endpoint.</summary>
        public Task<JsonObject> DeleteAsync(string id, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("DELETE /api/v1/webhooks/{id}", new[] { id }, null, null, call, cancellationToken);

        /// <summary>Makes a new secret.</summary>
        public Task<JsonObject> RotateSecretAsync(
            string id, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/webhooks/{id}/rotate-secret", new[] { id }, null, null, call, cancellationToken);

        /// <summary>Sends an event of the type <c>webhook.test</c> to the endpoint.</summary>
        public Task<JsonObject> TestAsync(string id, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/webhooks/{id}/test", new[] { id }, null, null, call, cancellationToken);

        /// <summary>Sends the events again that the endpoint has missed.</summary>
        public Task<JsonObject> RecoverAsync(
            string id, object body, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("POST /api/v1/webhooks/{id}/recover", new[] { id }, body, null, call, cancellationToken);

        /// <summary>Lists the deliveries to an endpoint.</summary>
        public AdminList Deliveries(string id, object query = null) =>
            new AdminList(admin, "GET /api/v1/webhooks/{id}/deliveries", new[] { id }, query);
    }

    /// <summary>The calls about events.</summary>
    public sealed class AdminEvents
    {
        private static readonly string[] None = new string[0];
        private readonly LicetAdmin admin;

        internal AdminEvents(LicetAdmin admin) => this.admin = admin;

        /// <summary>Returns an event.</summary>
        public Task<JsonObject> GetAsync(string id, CallOptions call = null, CancellationToken cancellationToken = default) =>
            admin.CallAsync("GET /api/v1/events/{id}", new[] { id }, null, null, call, cancellationToken);

        /// <summary>Lists events, newest first, or those after the event <c>after</c>, oldest first.</summary>
        public AdminList List(object query = null) =>
            new AdminList(admin, "GET /api/v1/events", None, query);
    }
}
