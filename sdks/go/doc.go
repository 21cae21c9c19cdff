// Package licet checks licenses with a Licet server, online and offline.
//
// [Client] is for your app, and [Admin] is the management API for your own servers. [Verify], [CheckKey],
// [Fingerprint] and [VerifyWebhook] need no client.
//
// Errors of this package can be compared by their [Code]:
//
//	if errors.Is(err, licet.ErrDeviceLimitReached) { … }
//
// [ErrNoAnswer] never means that a license is invalid.
package licet
