#!/bin/sh
# The requests of Keygen's documentation, as it shows them for curl, against Licet. Each check prints one line.
# See https://keygen.sh/docs/validating-licenses/ and https://keygen.sh/docs/activating-machines/.
set -eu
account=$LICET_URL/v1/accounts/acme
fingerprint=4d:Eq:UV:D3:XZ:tL:WN:Bz:mA:Eg:E6:Mk:YX:dK:NC

# Prints the first text in the response that follows "$1".
pick() {
  sed -n "s/.*$1\"\([^\"]*\)\".*/\1/p" | head -n 1
}

# Calls the management API of Licet, as the vendor: METHOD PATH BODY.
manage() {
  curl -sS --fail-with-body -X "$1" "$LICET_URL/api/v1$2" -H "Authorization: Bearer $LICET_TOKEN" \
    -H 'Content-Type: application/json' -d "$3"
}

# Checks that a response has the status "$2" and the text "$3".
check() {
  case $response in
    *"$3"*"
$2") echo "ok - curl: $1" ;;
    *) echo "not ok - curl: $1" && echo "$response" | sed 's/^/  /' ;;
  esac
}

validate_key() {
  response=$(curl -sS -w '\n%{http_code}' -X POST "$account/licenses/actions/validate-key" \
    -H 'Content-Type: application/vnd.api+json' \
    -H 'Accept: application/vnd.api+json' \
    -d '{
      "meta": {
        "key": "'"$1"'",
        "scope": { "fingerprint": "'"$fingerprint"'" }
      }
    }')
}

validate_by_id() {
  response=$(curl -sS -w '\n%{http_code}' -X POST "$account/licenses/$id/actions/validate" \
    -H 'Content-Type: application/vnd.api+json' \
    -H 'Accept: application/vnd.api+json' \
    -H "Authorization: License $key" \
    -d '{
      "meta": {
        "scope": { "fingerprint": "'"$fingerprint"'" }
      }
    }')
}

activate() {
  response=$(curl -sS -w '\n%{http_code}' -X POST "$account/machines" \
    -H 'Content-Type: application/vnd.api+json' \
    -H 'Accept: application/vnd.api+json' \
    -H "Authorization: License $key" \
    -d '{
      "data": {
        "type": "machines",
        "attributes": {
          "fingerprint": "'"$1"'",
          "platform": "macOS",
          "name": "Office MacBook Pro"
        },
        "relationships": {
          "license": {
            "data": { "type": "licenses", "id": "'"$id"'" }
          }
        }
      }
    }')
}

# Sends a request without a body: METHOD PATH.
call() {
  response=$(curl -sS -w '\n%{http_code}' -X "$1" "$account$2" \
    -H 'Accept: application/vnd.api+json' \
    -H "Authorization: License $key")
}

license=$(manage POST /licenses '{"plan":"professional","max_devices":1,"customer_email":"ada@example.com"}')
key=$(echo "$license" | pick '"key":')
id=$(echo "$license" | pick '"id":')

validate_key no-such-key-anywhere
check 'an unknown key is NOT_FOUND' 200 '"code":"NOT_FOUND"'
validate_key "$key"
check 'a license without a machine is NO_MACHINE' 200 '"code":"NO_MACHINE"'
activate "$fingerprint"
check 'a machine is activated' 201 '"type":"machines"'
machine=$(echo "$response" | pick '"data":{"id":')
validate_key "$key"
check 'an activated machine is VALID' 200 '"code":"VALID"'
validate_by_id
check 'a license is validated by its ID' 200 '"code":"VALID"'
activate "$fingerprint"
check 'a second activation is FINGERPRINT_TAKEN' 422 '"code":"FINGERPRINT_TAKEN"'
activate another-machine
check 'a machine beyond the limit is MACHINE_LIMIT_EXCEEDED' 422 '"code":"MACHINE_LIMIT_EXCEEDED"'
call POST "/machines/$machine/actions/ping-heartbeat"
check 'a heartbeat marks the machine as alive' 200 '"heartbeatStatus":"ALIVE"'
call GET "/machines/$fingerprint"
check 'a machine is found by its fingerprint' 200 "\"id\":\"$machine\""
call GET /me
check 'a key shows its license' 200 "\"id\":\"$id\""
response=$(curl -sS -w '\n%{http_code}' "$account/me?auth=license:$key")
check 'a key in the query is accepted' 200 "\"id\":\"$id\""
response=$(curl -sS -w '\n%{http_code}' -u "license:$key" "$account/me")
check 'a key in Basic authentication is accepted' 200 "\"id\":\"$id\""
call DELETE "/machines/$machine"
check 'a machine is deactivated' 204 ''
validate_key "$key"
check 'a deactivated machine is NO_MACHINE' 200 '"code":"NO_MACHINE"'
manage POST "/licenses/$id/suspend" '{}' >/dev/null
validate_key "$key"
check 'a suspended license is SUSPENDED' 200 '"code":"SUSPENDED"'
activate "$fingerprint"
check 'a suspended license activates no machine' 403 '"code":"LICENSE_SUSPENDED"'
manage POST "/licenses/$id/reinstate" '{}' >/dev/null
manage PUT "/licenses/$id" '{"expires_at":"2020-01-01T00:00:00Z"}' >/dev/null
validate_key "$key"
check 'an expired license is EXPIRED' 200 '"code":"EXPIRED"'
activate "$fingerprint"
check 'an expired license activates no machine' 403 '"code":"LICENSE_EXPIRED"'
