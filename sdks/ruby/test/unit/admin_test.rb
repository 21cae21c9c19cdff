# frozen_string_literal: true

require_relative "../test_helper"
require_relative "scripted_server"

class AdminTest < Minitest::Test
  LICENSE = [200, { id: "lic_1" }].freeze

  def admin(url, **options)
    Licet::Admin.new(url, " licet_fake\n", **options)
  end

  def test_every_route_is_in_the_openapi_document_under_its_operation_id
    paths = JSON.parse(File.read(File.expand_path("../../../../openapi.json", __dir__)))["paths"]
    Licet::Admin::ROUTES.each do |name, route|
      method, path = route.split
      id = name.to_s.gsub(/_(.)/) { |part| part[1].upcase }
      assert_equal id, paths.dig(path, method.downcase, "operationId"), route
    end
  end

  def test_an_id_stays_one_segment_of_the_path
    fill = Licet::Admin::Resource.method(:fill)
    assert_equal ["GET", "/api/v1/licenses/a%2Fb%3Fc%23d%20e"], fill.call(:get_license, ["a/b?c#d e"])
    ["", ".", "..", nil].each { |id| assert_raises(ArgumentError) { fill.call(:get_license, [id]) } }
    assert_raises(ArgumentError) { fill.call(:delete_license_seat, ["lic_1"]) }
  end

  def test_a_call_takes_and_returns_objects_as_they_are
    ScriptedServer.open(LICENSE) do |server|
      license = admin(server.url).licenses.create(plan: "pro", features: { "sso" => true })
      assert_equal "lic_1", license[:id]
      request = server.requests.first
      assert_equal ["POST", "/api/v1/licenses", "Bearer licet_fake"],
                   [request.verb, request.path, request.headers["authorization"]]
      assert_equal({ "plan" => "pro", "features" => { "sso" => true } }, JSON.parse(request.body))
    end
  end

  def test_a_post_is_repeated_with_the_same_idempotency_key
    ScriptedServer.open([503, {}, { "Retry-After" => "0" }], nil, LICENSE) do |server|
      admin(server.url).licenses.revoke("lic_1")
      keys = server.requests.map { |request| request.headers["idempotency-key"] }
      assert_equal [3, 1], [keys.size, keys.uniq.size]
    end
  end

  def test_a_patch_and_a_refusal_are_not_repeated
    ScriptedServer.open([503]) do |server|
      assert_raises(Licet::Problem) { admin(server.url).request(:patch, "/api/v1/x") }
      assert_equal 1, server.requests.size
    end
    ScriptedServer.open([404, { code: "not_found", detail: "There is none." }]) do |server|
      assert_equal "There is none.", assert_raises(Licet::Problem) { admin(server.url).events.get("evt_1") }.detail
      assert_equal 1, server.requests.size
    end
  end

  def test_the_options_of_a_call_are_those_that_exist
    ScriptedServer.open(LICENSE) do |server|
      admin = admin(server.url)
      admin.licenses.update("lic_1", { name: "A" }, if_match: 7)
      admin.licenses.create({ plan: "pro" }, idempotency_key: "order-1")
      assert_equal ['"7"', "order-1"], [server.requests[0].headers["if-match"],
                                        server.requests[1].headers["idempotency-key"]]
      assert_raises(ArgumentError) { admin.licenses.create({ plan: "pro" }, idempotencykey: "order-1") }
    end
  end

  def test_a_list_is_read_page_by_page_and_only_as_far_as_it_is_used
    pages = [[200, { data: [{ id: 1 }, { id: 2 }], next_cursor: "a b" }],
             [200, { data: [{ id: 3 }], next_cursor: nil }]]
    ScriptedServer.open(*pages) do |server|
      list = admin(server.url).licenses.list(plan: %w[pro team], status: nil, limit: 2)
      assert_empty server.requests
      assert_equal [1, 2, 3], (list.map { |license| license[:id] })
      assert_equal ["/api/v1/licenses?plan=pro%2Cteam&limit=2", "/api/v1/licenses?plan=pro%2Cteam&limit=2&cursor=a+b"],
                   server.requests.map(&:path)
    end
    ScriptedServer.open(*pages) do |server|
      assert_equal({ id: 1 }, admin(server.url).licenses.list.first)
      assert_equal 1, server.requests.size
    end
  end

  def test_a_problem_has_all_that_the_server_says
    body = { code: "validation_failed", detail: "The plan is wrong.", request_id: "req_1",
             errors: [{ pointer: "/plan", detail: "is unknown" }, 5] }
    ScriptedServer.open([422, body, { "Content-Type" => "application/problem+json" }]) do |server|
      problem = assert_raises(Licet::Problem) { admin(server.url).plans.create(slug: "x") }
      assert_equal [422, "validation_failed", "The plan is wrong.", "req_1"],
                   [problem.status, problem.code, problem.detail, problem.request_id]
      assert_equal [["/plan", "is unknown"]], problem.errors.map(&:to_a)
    end
  end

  def test_something_else_than_licet_is_no_answer
    html = { "Content-Type" => "text/html" }
    [[200, "<html>", html], [200, "{"], [302, "", { "Location" => "/" }]].each do |reply|
      ScriptedServer.open(reply) do |server|
        assert_equal :not_licet, assert_raises(Licet::NoAnswer) { admin(server.url).plans.get("pro") }.reason
      end
    end
  end

  def test_a_token_and_a_path_are_needed
    assert_raises(ArgumentError) { Licet::Admin.new("https://licenses.example.com", " ") }
    assert_raises(ArgumentError) { admin("https://licenses.example.com").request("GET", ".attacker.example/") }
  end
end
