# frozen_string_literal: true

require_relative "../test_helper"

class KeysTest < SuiteTest
  VECTORS = Suite.read("keys.json")
  CHECKS = { "valid" => :valid, "reads_as" => :valid, "malformed" => :malformed, "foreign" => :foreign,
             "unusable" => :unusable }.freeze

  CHECKS.each do |group, check|
    VECTORS[group].each do |each|
      text = each["text"] || each["key"]
      canonical = each["canonical"] || each["key"]
      promise("keys.json: #{text.inspect} is #{check}") do
        assert_equal check, Licet::Keys.check(text)
        key = Licet::Keys.normalize(text)
        assert_equal check == :unusable, key.nil?
        assert_equal canonical, key if canonical
      end
    end
  end
end

class DomainsTest < SuiteTest
  Suite.read("domains.json")["cases"].each do |each|
    promise("domains.json: #{each["dom"]} and #{each["domain"].inspect} (#{each["note"]})") do
      assert_equal each["covered"], Licet::Domains.cover?(each["dom"], each["domain"])
    end
  end
end

class HostnamesTest < SuiteTest
  # A host that the server refuses is in no license. It also removes "www.", which an app does to compare.
  Suite.read("hostnames.json")["hostnames"].select { |each| each["host"] }.each do |each|
    promise(["hostnames.json: #{each["text"].inspect} is #{each["host"]}", each["note"]].compact.join(": ")) do
      assert Licet::Domains.cover?([each["host"]], each["text"]), Licet::Domains.normalize(each["text"])
    end
  end
end

class FingerprintsTest < SuiteTest
  VECTORS = Suite.read("fingerprints.json")

  VECTORS["machines"].each do |each|
    promise("fingerprints.json: the machine #{each["machineId"].inspect} (#{each["note"]})") do
      assert_equal each["fingerprint"], Licet::Fingerprint.hash_id(each["appId"], each["machineId"])
    end
  end

  VECTORS["sources"].each do |each|
    promise("fingerprints.json, fingerprint source: #{each["description"]}") do
      store = Licet::MemoryStore.new
      store.put("licet-device", each["random"])
      env = { "LICET_FINGERPRINT" => each["environment"] }
      machine_id = -> { each["container"] ? nil : each["machineId"] }
      found = Licet::Fingerprint.find(each["appId"], store, option: each["option"], env: env, machine_id: machine_id)
      assert_equal each["expected"], { "kind" => found.kind.to_s, "value" => found.value }
    end
  end

  VECTORS["stores"].each do |each|
    promise("fingerprints.json: the name of the file for #{each["note"]}") do
      context = Licet::Context.new(url: "http://127.0.0.1:9", app_id: "test", product: each["product"])
      subject = context.resolve(key: each["key"], domain: each["domain"], fingerprint: each["fingerprint"] || false)
      assert_equal each["name"], "#{subject.record_name}.json"
    end
  end
end

class OfflineTest < SuiteTest
  VECTORS = Suite.read("offline.json")

  VECTORS["requests"].each do |each|
    promise("offline.json: the request code of #{each["request"]}") do
      product, key, fingerprint, name, nonce = each["request"].values_at("product", "key", "fp", "name", "nonce")
      code = Licet::OfflineCodes.encode_request(product: product, key: key, fingerprint: fingerprint, name: name,
                                                nonce: nonce)
      assert_equal each["code"], code
      assert_equal each["address"], "#{each["server"]}/offline##{code}"
    end
  end

  VECTORS["returns"].each do |each|
    promise("offline.json: the return code #{each["code"]}") do
      assert_equal each["code"], Licet::OfflineCodes.return_code(each["ret"], each["jti"])
    end
  end
end

class WebhooksTest < SuiteTest
  Suite.read("webhooks.json")["cases"].each do |each|
    promise("webhooks.json, #{each["id"]}: #{each["description"]}") do
      verify = -> { Licet::Webhooks.verify(each["body"], each["headers"], each["secrets"], now: Time.at(each["now"])) }
      each["expected"]["ok"] ? assert_kind_of(Hash, verify.call) : assert_raises(Licet::WebhookError, &verify)
    end
  end
end
