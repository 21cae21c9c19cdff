# frozen_string_literal: true

require_relative "../test_helper"
require_relative "scripted_server"

class SeatsTest < Minitest::Test
  REFUSED = [403, { code: "SEAT_LIMIT_REACHED", detail: "All seats are in use.", details: { limit: 1 } }].freeze
  MISSING = [404, { code: "SEAT_NOT_FOUND", detail: "There is no such seat." }].freeze

  def seat(id, seconds = 1)
    now = Time.now
    [200, { id: id, expires_at: (now + seconds).utc.iso8601(3) }, { "Date" => now.httpdate }]
  end

  def client(url, **options)
    Licet::Client.new(url: url, app_id: "unit", key: "a-license-key-0001", store: Licet::MemoryStore.new, timeout: 2,
                      fingerprint: "device", **options)
  end

  def paths(server)
    server.requests.map { |request| request.path.delete_prefix("/api/v1/seats/") }
  end

  def wait_until
    deadline = Licet::Retries.now + 10
    sleep(0.01) until yield || Licet::Retries.now > deadline
    assert yield
  end

  def test_a_hold_renews_its_seat_and_gives_it_back_at_the_end_of_the_block
    ScriptedServer.open(seat("seat_1"), seat("seat_2"), seat("seat_2", 3600)) do |server|
      result = client(server.url).seats.hold do |hold|
        assert_equal "seat_1", hold.seat.id
        wait_until { hold.seat.id == "seat_2" }
        :done
      end
      assert_equal :done, result
      wait_until { paths(server).last == "release" }
    end
  end

  def test_a_hold_survives_an_outage_and_acquires_a_seat_that_was_removed
    problems = Queue.new
    ScriptedServer.open(seat("seat_1"), [503], MISSING, seat("seat_2", 3600)) do |server|
      hold = client(server.url, on_problem: problems.method(:push)).seats.hold
      wait_until { hold.seat.id == "seat_2" }
      refute_predicate hold, :lost?
      hold.release
      assert_equal %w[acquire renew renew acquire release], paths(server)
      assert_equal "NO_ANSWER", problems.pop.code
    end
  end

  def test_a_hold_that_the_server_ends_is_lost_and_releases_nothing
    lost = Queue.new
    ScriptedServer.open(seat("seat_1"), REFUSED) do |server|
      hold = client(server.url).seats.hold(on_lost: lost.method(:push))
      assert_equal "SEAT_LIMIT_REACHED", lost.pop.code
      assert_predicate hold, :lost?
      hold.release
      assert_equal %w[acquire renew], paths(server)
    end
  end

  def test_a_refused_seat_says_why
    ScriptedServer.open(REFUSED) do |server|
      problem = assert_raises(Licet::Problem) { client(server.url).seats.acquire }
      assert_equal ["SEAT_LIMIT_REACHED", { "limit" => 1 }, 403], [problem.code, problem.details, problem.status]
    end
  end
end
