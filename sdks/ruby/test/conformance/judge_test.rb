# frozen_string_literal: true

require_relative "../test_helper"

module Options
  def self.terms(options)
    Licet::Terms.new(public_keys: options["publicKeys"] || [], product: options["product"],
                     fingerprint: options["fingerprint"], domain: options["domain"],
                     refresh: options["refresh"] || 86_400, hard_limit: options["hardLimit"] || 2_592_000,
                     built_at: options["builtAt"])
  end

  def self.proof(options)
    Licet::Verification::Proof.new(nonce: options["nonce"], body: options["requestBody"], route: options["route"])
  end

  def self.feed(feed)
    feed && Licet::Record::Feed.new(to: feed["to"], revoked: feed["revoked"], keys: feed["keys"])
  end
end

class TokensTest < SuiteTest
  Suite.read("tokens.json")["cases"].each do |each|
    promise("tokens.json, #{each["id"]}: #{each["description"]}") do
      options = each["options"]
      assert_matches(each["expected"], verify(each["text"], options))
    end
  end

  def verify(text, options)
    terms = Options.terms(options)
    token = Licet::Verification.verify(text, options["type"], terms, options["now"],
                                       feed: Options.feed(options["feed"]), proof: Options.proof(options))
    return { "ok" => true, **token.claims.slice("valid", "to", "more") } unless token.license?

    evidence = Licet::Evidence.new(record: Licet::Record::EMPTY, tokens: [token])
    ruling = Licet::Judge.rule(evidence, options["now"], nil, terms)
    { "ok" => true, "state" => ruling.state.status.to_s, "refresh" => ruling.refresh,
      "clockBehind" => Licet::Judge.read_clock(evidence, options["now"], nil).behind }
  rescue Licet::TokenError => e
    { "ok" => false, "code" => e.code }
  end
end

class ClockTest < SuiteTest
  Suite.read("clock.json")["cases"].each do |each|
    promise("clock.json, #{each["id"]}: #{each["description"]}") do
      tokens = each["issuedAt"].map { |iat| Licet::Token.new(claims: { "iat" => iat }) }
      evidence = Licet::Evidence.new(record: Licet::Record.new(floor: each["floor"]), tokens: tokens)
      clock = Licet::Judge.read_clock(evidence, each["now"], each["builtAt"])
      assert_matches(each["expected"], clock.to_h.transform_keys(&:to_s))
    end
  end
end

class JudgeTest < SuiteTest
  Suite.read("judge.json")["cases"].each do |each|
    promise("judge.json, #{each["id"]}: #{each["description"]}") do
      stored = JSON.generate(each["record"])
      each["steps"].each do |step|
        options = { **(each["options"] || {}), **(step["options"] || {}) }
        found = play(Licet::Record.parse(stored), step, options)
        stored = found["text"] || stored
        assert_matches(step["expected"], found)
      end
    end
  end

  def play(record, step, options)
    terms = Options.terms(options)
    ruling = rule(Licet::Evidence.open(record, terms.public_keys), step, terms, options)
    { "state" => describe_state(ruling.state.require_features(options["features"])), "refresh" => ruling.refresh,
      "record" => JSON.parse(ruling.record.to_json), "text" => ruling.record.to_json }
  rescue Licet::TokenError => e
    { "error" => e.code, "record" => JSON.parse(record.to_json) }
  end

  def rule(evidence, step, terms, options)
    now = step["now"]
    return Licet::Imports.add_file(evidence, now, step["importFile"], terms) if step["importFile"]
    return Licet::Imports.add_revocations(evidence, now, step["importRevocations"], terms) if step["importRevocations"]

    verdict = read_verdict(step["outcome"], terms, options, evidence.record.feed)
    Licet::Judge.rule(evidence, now, verdict, terms)
  end

  def read_verdict(outcome, terms, options, feed)
    return if outcome.nil? || outcome["failure"]

    response = Licet::Response.new(status: outcome["status"], headers: outcome["headers"], body: outcome["body"])
    Licet::Verdict.read(response, Options.proof(options), terms, feed)
  rescue Licet::NoAnswer, Licet::Problem
    nil
  end
end
