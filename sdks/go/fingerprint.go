package licet

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// FingerprintKind says where a fingerprint comes from.
type FingerprintKind string

// The kinds of fingerprints.
const (
	// FingerprintOption is the one that the app passed in.
	FingerprintOption FingerprintKind = "option"
	// FingerprintEnvironment is the variable LICET_FINGERPRINT.
	FingerprintEnvironment FingerprintKind = "environment"
	// FingerprintMachine is the hashed ID of the operating system.
	FingerprintMachine FingerprintKind = "machine"
	// FingerprintRandom was made up, and is kept in the store.
	FingerprintRandom FingerprintKind = "random"
)

const (
	fingerprintVariable = "LICET_FINGERPRINT"
	deviceName          = "licet-device"
	commandTimeout      = 3 * time.Second
)

// Device is a device as the server knows it.
type Device struct {
	Fingerprint string
	Kind        FingerprintKind
}

// Fingerprint returns the fingerprint of this device for one app. In a container it is random, because the ID
// of the machine would be that of the image: use seats there, or set the variable LICET_FINGERPRINT.
func Fingerprint(ctx context.Context, appID string) (Device, error) {
	if err := checkAppID(appID); err != nil {
		return Device{}, err
	}
	store := &fallbackStore{Store: openFileStore(appID), report: func(error) {}}
	return findDevice(ctx, appID, "", os.Getenv, findMachineID, store), nil
}

// findDevice asks the sources of a fingerprint in their order. The store never fails.
func findDevice(ctx context.Context, appID, option string, variable func(string) string,
	machineID func(context.Context) string, store *fallbackStore) Device {
	if strings.TrimSpace(option) != "" {
		return Device{option, FingerprintOption}
	}
	if value := variable(fingerprintVariable); strings.TrimSpace(value) != "" {
		return Device{value, FingerprintEnvironment}
	}
	if id := machineID(ctx); strings.TrimSpace(id) != "" {
		return Device{hashMachineID(appID, id), FingerprintMachine}
	}
	return Device{hashMachineID(appID, findRandomID(ctx, store)), FingerprintRandom}
}

// hashMachineID hashes the IDs of an app and a machine, so that no two apps share fingerprints.
func hashMachineID(appID, machineID string) string {
	sum := sha256.Sum256([]byte("licet-fp-v1\n" + appID + "\n" + strings.TrimSpace(machineID)))
	return hex.EncodeToString(sum[:])
}

var randomID = regexp.MustCompile(`^[0-9a-f]{32}$`)

func findRandomID(ctx context.Context, store *fallbackStore) string {
	if stored := store.get(ctx, deviceName); randomID.MatchString(stored) {
		return stored
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // It never fails.
	store.put(ctx, deviceName, hex.EncodeToString(id))
	// Another process may have stored its own at the same time. The last one is that of the device.
	if stored := store.get(ctx, deviceName); randomID.MatchString(stored) {
		return stored
	}
	return hex.EncodeToString(id)
}

var (
	platformUUID = regexp.MustCompile(`"IOPlatformUUID" = "([^"]+)"`)
	machineGUID  = regexp.MustCompile(`MachineGuid\s+REG_SZ\s+(\S+)`)
)

// findMachineID returns the operating system's ID of this machine, or "" without one and in a container,
// where it is that of the image, or a new one at each start.
func findMachineID(ctx context.Context) string {
	switch runtime.GOOS {
	case "linux":
		if isContainer() {
			return ""
		}
		for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
			if id, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(id)) != "" {
				return string(id)
			}
		}
	case "darwin":
		return findInOutput(ctx, platformUUID, "/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice")
	case "windows":
		program := filepath.Join(os.Getenv("SystemRoot"), "System32", "reg.exe")
		return findInOutput(ctx, machineGUID, program, "query", `HKLM\SOFTWARE\Microsoft\Cryptography`,
			"/v", "MachineGuid", "/reg:64")
	}
	return ""
}

func isContainer() bool {
	if _, isPod := os.LookupEnv("KUBERNETES_SERVICE_HOST"); isPod {
		return true
	}
	for _, path := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

func findInOutput(ctx context.Context, pattern *regexp.Regexp, program string, arguments ...string) string {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	output, err := exec.CommandContext(ctx, program, arguments...).Output()
	match := pattern.FindSubmatch(output)
	if err != nil || match == nil {
		return ""
	}
	return string(match[1])
}
