# frozen_string_literal: true

require "uri"

module Licet
  class Admin
    # The operations that have a method, by their ID in the OpenAPI document.
    # @api private
    ROUTES = {
      create_license: "POST /api/v1/licenses",
      create_licenses: "POST /api/v1/licenses/batch",
      get_license: "GET /api/v1/licenses/{id}",
      list_licenses: "GET /api/v1/licenses",
      lookup_license: "POST /api/v1/licenses/lookup",
      search_licenses: "POST /api/v1/search",
      update_license: "PUT /api/v1/licenses/{id}",
      revoke_license: "POST /api/v1/licenses/{id}/revoke",
      suspend_license: "POST /api/v1/licenses/{id}/suspend",
      reinstate_license: "POST /api/v1/licenses/{id}/reinstate",
      renew_license: "POST /api/v1/licenses/{id}/renew",
      rotate_license_key: "POST /api/v1/licenses/{id}/rotate-key",
      change_licenses: "POST /api/v1/licenses/bulk",
      explain_license: "GET /api/v1/licenses/{id}/explain",
      send_license_mail: "POST /api/v1/licenses/{id}/mail",
      create_license_file: "POST /api/v1/licenses/{id}/file",
      list_license_files: "GET /api/v1/licenses/{id}/files",
      list_license_usage: "GET /api/v1/licenses/{id}/usage",
      get_license_usage_series: "GET /api/v1/licenses/{id}/usage/series",
      list_license_events: "GET /api/v1/licenses/{id}/events",
      list_license_activations: "GET /api/v1/licenses/{id}/activations",
      delete_license_activation: "DELETE /api/v1/licenses/{id}/activations/{activation_id}",
      move_license_activation: "POST /api/v1/licenses/{id}/activations/move",
      list_license_seats: "GET /api/v1/licenses/{id}/seats",
      delete_license_seat: "DELETE /api/v1/licenses/{id}/seats/{seat_id}",
      create_product: "POST /api/v1/products",
      get_product: "GET /api/v1/products/{slug}",
      list_products: "GET /api/v1/products",
      update_product: "PUT /api/v1/products/{slug}",
      create_plan: "POST /api/v1/plans",
      get_plan: "GET /api/v1/plans/{slug}",
      list_plans: "GET /api/v1/plans",
      update_plan: "PUT /api/v1/plans/{slug}",
      delete_plan: "DELETE /api/v1/plans/{slug}",
      create_webhook: "POST /api/v1/webhooks",
      get_webhook: "GET /api/v1/webhooks/{id}",
      list_webhooks: "GET /api/v1/webhooks",
      update_webhook: "PUT /api/v1/webhooks/{id}",
      delete_webhook: "DELETE /api/v1/webhooks/{id}",
      rotate_webhook_secret: "POST /api/v1/webhooks/{id}/rotate-secret",
      test_webhook: "POST /api/v1/webhooks/{id}/test",
      recover_webhook_deliveries: "POST /api/v1/webhooks/{id}/recover",
      list_webhook_deliveries: "GET /api/v1/webhooks/{id}/deliveries",
      get_event: "GET /api/v1/events/{id}",
      list_events: "GET /api/v1/events"
    }.freeze

    # Calls about one kind of object.
    # @api private
    class Resource
      # Returns the method and path of a route, with the IDs in place of its parameters.
      def self.fill(route, ids)
        method, template = ROUTES.fetch(route).split
        left = ids.dup
        path = template.gsub(/\{(\w+)\}/) do |parameter|
          id = left.shift.to_s
          # Such an ID would lead to another route.
          raise ArgumentError, "#{route} needs the #{parameter} of an existing object." if id.match?(/\A\.{0,2}\z/)

          URI.encode_www_form_component(id).gsub("+", "%20")
        end
        [method, path]
      end

      def initialize(admin)
        @admin = admin
      end

      private

      def call(route, ids = [], body: nil, options: {})
        method, path = Resource.fill(route, ids)
        found = @admin.request(method, path, body, options)
        return found if found.nil? || found.is_a?(Hash)

        raise NoAnswer.new(:not_licet, "Something else than Licet answered. Check the URL of the server.")
      end

      def pages(route, ids, query, options)
        List.new(query) { |changed| call(route, ids, options: { **options, query: changed }) }
      end
    end

    # The calls about licenses. `id` is the ID of a license: `lookup` finds it by its key.
    class Licenses < Resource
      # Issues a license.
      def create(body, options = {}) = call(:create_license, body: body, options: options)

      # Issues up to 1,000 licenses with the same values.
      def create_many(body, options = {}) = call(:create_licenses, body: body, options: options)

      def get(id, options = {}) = call(:get_license, [id], options: options)

      # Lists licenses, newest first.
      # @return [List]
      def list(query = {}, options = {}) = pages(:list_licenses, [], query, options)

      # Returns the license with this key, however the key is spelled.
      def lookup(key, options = {}) = call(:lookup_license, body: { key: key }, options: options)

      # Finds licenses by a key or a part of it, an email address, a domain, a name, an ID …
      def search(text, options = {}) = call(:search_licenses, body: { text: text }, options: options)

      # Returns the checks of a validation with their results, without counting it.
      def explain(id, query = {}, options = {})
        call(:explain_license, [id], options: { **options, query: query })
      end

      # Changes the fields that the body has.
      def update(id, body, options = {}) = call(:update_license, [id], body: body, options: options)

      # Ends a license for good.
      def revoke(id, body = {}, options = {}) = call(:revoke_license, [id], body: body, options: options)

      # Refuses all validations until the license is reinstated.
      def suspend(id, body = {}, options = {}) = call(:suspend_license, [id], body: body, options: options)

      def reinstate(id, options = {}) = call(:reinstate_license, [id], options: options)

      # Moves the end of the license: by the duration of its plan, by days, or to a time.
      def renew(id, body = {}, options = {}) = call(:renew_license, [id], body: body, options: options)

      # Gives the license a new key. The old one is valid for as long as the body says.
      def rotate_key(id, body = {}, options = {}) = call(:rotate_license_key, [id], body: body, options: options)

      # Changes all licenses that match a filter.
      def change_many(body, options = {}) = call(:change_licenses, body: body, options: options)

      # Mails the customer, such as with the key.
      def mail(id, body, options = {}) = call(:send_license_mail, [id], body: body, options: options)

      # Lists the validations of a license. Each page has a `summary` of the whole range.
      # @return [List]
      def usage(id, query = {}, options = {}) = pages(:list_license_usage, [id], query, options)

      # Returns the validations of a license per hour or day.
      def usage_series(id, query, options = {})
        call(:get_license_usage_series, [id], options: { **options, query: query })
      end

      # @return [List]
      def events(id, query = {}, options = {}) = pages(:list_license_events, [id], query, options)

      # Lists the domains and devices on which a license is used.
      # @return [List]
      def activations(id, query = {}, options = {}) = pages(:list_license_activations, [id], query, options)

      def delete_activation(id, activation_id, options = {})
        call(:delete_license_activation, [id, activation_id], options: options)
      end

      # Moves an activation from one domain or device to another.
      def move_activation(id, body, options = {})
        call(:move_license_activation, [id], body: body, options: options)
      end

      # Issues a license file for a device or for domains that have no connection.
      def create_file(id, body, options = {}) = call(:create_license_file, [id], body: body, options: options)

      # Lists the license files that were issued, without their contents.
      # @return [List]
      def files(id, query = {}, options = {}) = pages(:list_license_files, [id], query, options)

      # @return [List]
      def seats(id, query = {}, options = {}) = pages(:list_license_seats, [id], query, options)

      def delete_seat(id, seat_id, options = {}) = call(:delete_license_seat, [id, seat_id], options: options)
    end

    # The calls about products.
    class Products < Resource
      def create(body, options = {}) = call(:create_product, body: body, options: options)
      def get(slug, options = {}) = call(:get_product, [slug], options: options)

      # @return [List]
      def list(query = {}, options = {}) = pages(:list_products, [], query, options)
      def update(slug, body, options = {}) = call(:update_product, [slug], body: body, options: options)
    end

    # The calls about plans.
    class Plans < Resource
      def create(body, options = {}) = call(:create_plan, body: body, options: options)
      def get(slug, options = {}) = call(:get_plan, [slug], options: options)

      # @return [List]
      def list(query = {}, options = {}) = pages(:list_plans, [], query, options)

      # Changes the fields that the body has, for all licenses of the plan.
      def update(slug, body, options = {}) = call(:update_plan, [slug], body: body, options: options)

      # Deletes a plan that no license uses.
      def delete(slug, options = {}) = call(:delete_plan, [slug], options: options)
    end

    # The calls about the endpoints that receive events.
    class WebhookEndpoints < Resource
      # Creates an endpoint. Its secret is shown only once: it is nil if the first response was lost and the
      # request repeated. Then `rotate_secret` makes a new one.
      def create(body, options = {}) = call(:create_webhook, body: body, options: options)
      def get(id, options = {}) = call(:get_webhook, [id], options: options)

      # @return [List]
      def list(query = {}, options = {}) = pages(:list_webhooks, [], query, options)
      def update(id, body, options = {}) = call(:update_webhook, [id], body: body, options: options)
      def delete(id, options = {}) = call(:delete_webhook, [id], options: options)
      def rotate_secret(id, options = {}) = call(:rotate_webhook_secret, [id], options: options)

      # Sends an event of the type "webhook.test" to the endpoint.
      def test(id, options = {}) = call(:test_webhook, [id], options: options)

      # Sends the events again that the endpoint has missed.
      def recover(id, body, options = {}) = call(:recover_webhook_deliveries, [id], body: body, options: options)

      # @return [List]
      def deliveries(id, query = {}, options = {}) = pages(:list_webhook_deliveries, [id], query, options)
    end

    # The calls about events.
    class Events < Resource
      def get(id, options = {}) = call(:get_event, [id], options: options)

      # Lists events, newest first, or those after the event `after`, oldest first.
      # @return [List]
      def list(query = {}, options = {}) = pages(:list_events, [], query, options)
    end
  end
end
