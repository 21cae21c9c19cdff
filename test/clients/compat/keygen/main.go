// Keygen's own SDK for Go, unmodified, against Licet. Each check prints one line.
package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/keygen-sh/keygen-go/v3"
)

const productID = "00000000-0000-4000-8000-00000000000b"

var ctx = context.Background()

func main() {
	seed, err := hex.DecodeString(os.Getenv("LICET_KEYGEN_PRIVATE_KEY"))
	if err != nil || len(seed) != ed25519.SeedSize {
		fmt.Println("not ok - keygen-go: LICET_KEYGEN_PRIVATE_KEY is set")
		return
	}
	publicKey := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	keygen.APIURL = os.Getenv("LICET_URL")
	keygen.Account = "acme"
	keygen.Product = productID
	keygen.PublicKey = hex.EncodeToString(publicKey)
	keygen.Logger = keygen.NewLogger(keygen.LogLevelNone)

	check("a host without the account in its path", checkLife)
	check("a path with the account", func() error {
		keygen.APIPrefix = "v1/accounts/acme"
		defer func() { keygen.APIPrefix = "v1" }()
		return checkLife()
	})
	check("suspended, expired and revoked licenses", checkStates)
	check("a key of another product", checkProduct)
	check("an unknown key", checkUnknownKey)
	check("a response that another key has signed is rejected", checkSignature)
}

// checkLife activates the only device of a license, uses it, and deactivates it.
func checkLife() error {
	_, key := createLicense()
	keygen.LicenseKey = key
	license, err := keygen.Validate(ctx, "mac-1")
	if !errors.Is(err, keygen.ErrLicenseNotActivated) {
		return unexpected("a license without a device", err)
	}
	if code := license.LastValidation.Code; code != keygen.ValidationCodeNoMachine {
		return fmt.Errorf("the code is %s", code)
	}
	if license.Key != key || license.LastValidated == nil || time.Since(*license.LastValidated) > time.Minute {
		return fmt.Errorf("the license is %+v", license)
	}
	machine, err := license.Activate(ctx, "mac-1")
	if err != nil {
		return unexpected("an activation", err)
	}
	if _, err := keygen.Validate(ctx, "mac-1"); err != nil {
		return unexpected("an activated device", err)
	}
	if _, err := license.Activate(ctx, "mac-1"); !errors.Is(err, keygen.ErrMachineAlreadyActivated) {
		return unexpected("a second activation", err)
	}
	if _, err := license.Activate(ctx, "mac-2"); !errors.Is(err, keygen.ErrMachineLimitExceeded) {
		return unexpected("a device beyond the limit", err)
	}
	if err := checkLists(license, machine); err != nil {
		return err
	}
	if err := checkFiles(license, machine); err != nil {
		return err
	}
	if err := machine.Monitor(ctx); err != nil || machine.HeartbeatStatus != keygen.HeartbeatStatusCodeAlive {
		return fmt.Errorf("after a heartbeat, the status is %s: %w", machine.HeartbeatStatus, err)
	}
	if err := machine.Deactivate(ctx); err != nil {
		return unexpected("a deactivation", err)
	}
	if _, err := keygen.Validate(ctx, "mac-1"); !errors.Is(err, keygen.ErrLicenseNotActivated) {
		return unexpected("a deactivated device", err)
	}
	if _, err := license.Activate(ctx, "mac-2"); err != nil {
		return unexpected("a device in the free slot", err)
	}
	return license.Deactivate(ctx, "mac-2")
}

// checkLists reads the machines and entitlements of a license.
func checkLists(license *keygen.License, machine *keygen.Machine) error {
	machines, err := license.Machines(ctx)
	if err != nil || len(machines) != 1 || machines[0].ID != machine.ID {
		return fmt.Errorf("the machines are %+v: %w", machines, err)
	}
	found, err := license.Machine(ctx, "mac-1")
	if err != nil || found.ID != machine.ID {
		return unexpected("a machine by its fingerprint", err)
	}
	entitlements, err := license.Entitlements(ctx)
	if err != nil || len(entitlements) != 1 || entitlements[0].Code != "SSO" {
		return fmt.Errorf("the entitlements are %+v: %w", entitlements, err)
	}
	return nil
}

// checkFiles verifies and decrypts the files with which an app works offline.
func checkFiles(license *keygen.License, machine *keygen.Machine) error {
	file, err := license.Checkout(ctx, keygen.CheckoutTTL(24*time.Hour))
	if err != nil || file.TTL != 86_400 || file.Verify() != nil {
		return unexpected("a license file", err)
	}
	contents, err := file.Decrypt(license.Key)
	if err != nil || contents.License.ID != license.ID || len(contents.Entitlements) != 1 {
		return fmt.Errorf("the license file contains %+v: %w", contents, err)
	}
	machineFile, err := machine.Checkout(ctx)
	if err != nil || machineFile.Verify() != nil {
		return unexpected("a machine file", err)
	}
	machineContents, err := machineFile.Decrypt(license.Key + "mac-1")
	if err != nil || machineContents.Machine.ID != machine.ID ||
		machineContents.License.ID != license.ID || len(machineContents.Entitlements) != 1 {
		return fmt.Errorf("the machine file contains %+v: %w", machineContents, err)
	}
	return nil
}

func checkStates() error {
	id, key := createLicense()
	keygen.LicenseKey = key
	license, _ := keygen.Validate(ctx, "mac-1")
	if _, err := license.Activate(ctx, "mac-1"); err != nil {
		return unexpected("an activation", err)
	}
	send("POST", "/licenses/"+id+"/suspend", nil)
	if _, err := keygen.Validate(ctx, "mac-1"); !errors.Is(err, keygen.ErrLicenseSuspended) {
		return unexpected("a suspended license", err)
	}
	if _, err := license.Activate(ctx, "mac-2"); !errors.Is(err, keygen.ErrLicenseSuspended) {
		return unexpected("an activation of a suspended license", err)
	}
	send("POST", "/licenses/"+id+"/reinstate", nil)
	send("PUT", "/licenses/"+id, map[string]any{"expires_at": "2020-01-01T00:00:00Z"})
	if _, err := keygen.Validate(ctx, "mac-1"); !errors.Is(err, keygen.ErrLicenseExpired) {
		return unexpected("an expired license", err)
	}
	if _, err := license.Activate(ctx, "mac-2"); !errors.Is(err, keygen.ErrLicenseExpired) {
		return unexpected("an activation of an expired license", err)
	}
	send("POST", "/licenses/"+id+"/revoke", nil)
	var invalid *keygen.LicenseKeyError
	if _, err := keygen.Validate(ctx, "mac-1"); !errors.As(err, &invalid) {
		return unexpected("a revoked license", err)
	}
	return nil
}

func checkProduct() error {
	_, key := createLicense()
	keygen.LicenseKey = key
	keygen.Product = "00000000-0000-4000-8000-00000000000c"
	defer func() { keygen.Product = productID }()
	license, err := keygen.Validate(ctx, "mac-1")
	// The SDK has this error, and a name of its own, for PRODUCT_SCOPE_MISMATCH.
	if !errors.Is(err, keygen.ErrValidationProductMissing) {
		return unexpected("another product", err)
	}
	if code := license.LastValidation.Code; code != keygen.ValidationCodeProductScopeEmpty {
		return fmt.Errorf("the code is %s", code)
	}
	return nil
}

func checkUnknownKey() error {
	keygen.LicenseKey = "no-such-key-anywhere"
	var invalid *keygen.LicenseKeyError
	if _, err := keygen.Validate(ctx, "mac-1"); !errors.As(err, &invalid) {
		return unexpected("an unknown key", err)
	}
	return nil
}

func checkSignature() error {
	_, keygen.LicenseKey = createLicense()
	former := keygen.PublicKey
	defer func() { keygen.PublicKey = former }()
	other := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	keygen.PublicKey = hex.EncodeToString(other)
	if _, err := keygen.Validate(ctx, "mac-1"); !errors.Is(err, keygen.ErrResponseSignatureInvalid) {
		return unexpected("another key", err)
	}
	return nil
}

// createLicense returns the ID and the key of a new license for one device.
func createLicense() (id, key string) {
	license := send("POST", "/licenses", map[string]any{
		"plan":           "professional",
		"customer_email": "ada@example.com",
		"max_devices":    1,
		"features":       map[string]any{"SSO": true},
		"metadata":       map[string]any{"keygen_product_id": productID},
	})
	return license["id"].(string), license["key"].(string)
}

// send calls the management API of Licet, as the vendor.
func send(method, path string, body any) map[string]any {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	if body == nil {
		data = []byte("{}")
	}
	request, err := http.NewRequest(method, os.Getenv("LICET_URL")+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("LICET_TOKEN"))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	result := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&result); err != nil || response.StatusCode >= 300 {
		panic(fmt.Sprint(method, " ", path, ": ", response.Status, result, err))
	}
	return result
}

func check(name string, run func() error) {
	if err := run(); err != nil {
		fmt.Printf("not ok - keygen-go: %s\n  %v\n", name, err)
		return
	}
	fmt.Printf("ok - keygen-go: %s\n", name)
}

func unexpected(what string, err error) error {
	return fmt.Errorf("%s: the error is %v", what, err)
}
