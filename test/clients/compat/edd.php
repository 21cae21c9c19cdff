<?php
/**
 * Sends the requests of plugins that are licensed with Easy Digital Downloads, in the way in which WordPress
 * sends them, and reads the responses as those plugins do. Prints one line of TAP per check. Sources:
 * https://easydigitaldownloads.com/docs/software-licensing-updater-implementation-for-wordpress-plugins/
 * and https://github.com/awesomemotive/edd-sl-sdk/blob/main/src/Requests/API.php
 */

$url   = getenv( 'LICET_URL' );
$token = getenv( 'LICET_TOKEN' );

function check( string $name, callable $run ): void {
	try {
		$run();
		echo "ok - compat edd: $name\n";
	} catch ( Throwable $error ) {
		echo "not ok - compat edd: $name\n  {$error->getMessage()} in line {$error->getLine()}\n";
	}
}

function expect_members( array $expected, object $actual ): void {
	foreach ( $expected as $name => $value ) {
		$found = $actual->$name ?? null;
		if ( $found !== $value ) {
			$shown = json_encode( $found );
			throw new Exception( "expected $name to be " . json_encode( $value ) . ", got $shown" );
		}
	}
}

function send( string $method, string $url, array $headers, string $body ): array {
	$curl = curl_init( $url );
	curl_setopt_array( $curl, array(
		CURLOPT_CUSTOMREQUEST  => $method,
		CURLOPT_HTTPHEADER     => $headers,
		CURLOPT_RETURNTRANSFER => true,
	) );
	if ( $body !== '' ) {
		curl_setopt( $curl, CURLOPT_POSTFIELDS, $body );
	}
	$response = curl_exec( $curl );
	return array( curl_getinfo( $curl, CURLINFO_RESPONSE_CODE ), $response );
}

/** The body of a form has the encoding of `http_build_query`, as in the class WpOrg\Requests. */
function wp_remote_post( string $url, array $fields, string $site ): object {
	$headers = array( "User-Agent: WordPress/6.7; $site", 'Content-Type: application/x-www-form-urlencoded' );
	return read( send( 'POST', $url, $headers, http_build_query( $fields, '', '&' ) ) );
}

/** `add_query_arg` encodes nothing, so the SDK encodes its site itself. */
function wp_remote_get( string $url, array $fields, string $site ): object {
	$fields += array( 'url' => rawurlencode( $site ), 'environment' => 'production' );
	$pairs   = array_map( fn( $name, $value ) => "$name=$value", array_keys( $fields ), $fields );
	return read( send( 'GET', "$url/?" . implode( '&', $pairs ), array( "User-Agent: WordPress/6.7; $site" ), '' ) );
}

/** Plugins take any other status for a failure of the server. */
function read( array $response ): object {
	list( $status, $text ) = $response;
	if ( $status !== 200 ) {
		throw new Exception( "the status is $status: $text" );
	}
	return json_decode( $text, false, 512, JSON_THROW_ON_ERROR );
}

function manage( string $method, string $path, array $body ): object {
	global $url, $token;
	$headers = array( "Authorization: Bearer $token", 'Content-Type: application/json' );
	list( $status, $text ) = send( $method, "$url/api/v1$path", $headers, json_encode( (object) $body ) );
	if ( $status >= 300 ) {
		throw new Exception( "$method $path: $text" );
	}
	return json_decode( $text );
}

function create_license( array $fields = array() ): object {
	return manage( 'POST', '/licenses', $fields + array( 'plan' => 'plugin', 'customer_email' => 'dev@example.com' ) );
}

/** The settings page of the sample plugin. */
function call_license( string $action, string $key, string $site ): object {
	global $url;
	$fields = array(
		'edd_action'  => $action,
		'license'     => $key,
		'item_id'     => 8,
		'item_name'   => rawurlencode( 'Sample Plugin' ),
		'url'         => $site,
		'environment' => 'production',
	);
	return wp_remote_post( $url, $fields, $site );
}

/** The class EDD_SL_Plugin_Updater. */
function get_version( string $key, string $site ): object {
	global $url;
	$fields = array(
		'edd_action'  => 'get_version',
		'license'     => $key,
		'item_name'   => false,
		'item_id'     => 8,
		'version'     => '2.0.0',
		'slug'        => 'sample-plugin',
		'author'      => 'Example',
		'url'         => $site,
		'beta'        => false,
		'php_version' => phpversion(),
		'wp_version'  => '6.7',
	);
	return wp_remote_post( "$url/", $fields, $site );
}

check( 'a plan has the item and its version', function () {
	$features = array(
		'edd_item_id'   => 8,
		'edd_version'   => '2.1.0',
		'edd_package'   => 'https://downloads.example.com/sample-plugin-2.1.0.zip',
		'edd_changelog' => '<p>Größer und schöner</p>',
	);
	$plan = array( 'product' => 'default', 'slug' => 'plugin', 'name' => 'Plugin', 'max_domains' => 1 );
	manage( 'POST', '/plans', $plan + array( 'features' => $features ) );
} );

check( 'a plugin activates, checks and deactivates its site', function () {
	$key  = create_license()->key;
	$site = 'https://shop.example.com';
	$rest = array( 'license_limit' => 1, 'expires' => 'lifetime', 'customer_email' => 'dev@example.com' );
	expect_members( array( 'success' => true, 'license' => 'inactive' ), call_license( 'check_license', $key, $site ) );
	$activated = call_license( 'activate_license', $key, $site );
	expect_members( array( 'success' => true, 'license' => 'valid', 'site_count' => 1, 'activations_left' => 0 ) + $rest, $activated );
	expect_members( array( 'license' => 'valid' ), call_license( 'check_license', $key, $site ) );
	$done = call_license( 'deactivate_license', $key, $site );
	expect_members( array( 'success' => true, 'license' => 'deactivated', 'item_id' => 8 ), $done );
	expect_members( array( 'license' => 'inactive' ), call_license( 'check_license', $key, $site ) );
} );

check( 'a second site is beyond the limit', function () {
	$key = create_license()->key;
	call_license( 'activate_license', $key, 'https://one.example.com' );
	$full  = call_license( 'activate_license', $key, 'https://two.example.com' );
	$error = array( 'success' => false, 'license' => 'invalid', 'error' => 'no_activations_left', 'max_sites' => 1 );
	expect_members( $error, $full );
	expect_members( array( 'license' => 'site_inactive' ), call_license( 'check_license', $key, 'https://two.example.com' ) );
} );

check( 'a suspended license is disabled', function () {
	$license = create_license();
	manage( 'POST', "/licenses/$license->id/suspend", array() );
	expect_members( array( 'error' => 'disabled' ), call_license( 'activate_license', $license->key, 'https://example.com' ) );
	expect_members( array( 'license' => 'disabled' ), call_license( 'check_license', $license->key, 'https://example.com' ) );
} );

check( 'an expired license says when it expired', function () {
	$license = create_license();
	$yesterday = time() - 86400;
	manage( 'PUT', "/licenses/$license->id", array( 'expires_at' => gmdate( 'Y-m-d\TH:i:s\Z', $yesterday ) ) );
	$expired = call_license( 'activate_license', $license->key, 'https://example.com' );
	expect_members( array( 'error' => 'expired', 'expires' => gmdate( 'Y-m-d H:i:s', $yesterday ) ), $expired );
	expect_members( array( 'license' => 'expired' ), call_license( 'check_license', $license->key, 'https://example.com' ) );
} );

check( 'an unknown key is missing', function () {
	$key = 'cc22c1ec86304b36883440e2e84cddff';
	expect_members( array( 'success' => false, 'error' => 'missing' ), call_license( 'activate_license', $key, 'https://example.com' ) );
	expect_members( array( 'success' => false, 'license' => 'invalid' ), call_license( 'check_license', $key, 'https://example.com' ) );
} );

check( 'the SDK sends the same requests as GET', function () {
	global $url;
	$key    = create_license()->key;
	$site   = 'https://sdk.example.com/blog';
	$fields = array( 'license' => $key, 'item_id' => 8 );
	$activated = wp_remote_get( $url, array( 'edd_action' => 'activate_license' ) + $fields, $site );
	expect_members( array( 'success' => true, 'license' => 'valid', 'site_count' => 1 ), $activated );
	$version = wp_remote_get( $url, array( 'edd_action' => 'get_version', 'version' => '2.0.0' ) + $fields, $site );
	expect_members( array( 'new_version' => '2.1.0' ), $version );
} );

check( 'the updater offers a new version to an activated site', function () {
	$key  = create_license()->key;
	$site = 'https://updates.example.com';
	call_license( 'activate_license', $key, $site );
	$info = get_version( $key, $site );
	if ( ! version_compare( '2.0.0', $info->new_version, '<' ) ) {
		throw new Exception( "the version is $info->new_version" );
	}
	$package = 'https://downloads.example.com/sample-plugin-2.1.0.zip';
	expect_members( array( 'slug' => 'sample-plugin', 'package' => $package, 'download_link' => $package ), $info );
	$sections = unserialize( $info->sections, array( 'allowed_classes' => false ) );
	if ( $sections['changelog'] !== '<p>Größer und schöner</p>' || ! is_array( unserialize( $info->banners ) ) ) {
		throw new Exception( "the sections are $info->sections" );
	}
} );

check( 'the updater gets no package for a site that is not activated', function () {
	$key = create_license()->key;
	expect_members( array( 'new_version' => '2.1.0', 'package' => '' ), get_version( $key, 'https://updates.example.com' ) );
	$unknown = get_version( 'cc22c1ec86304b36883440e2e84cddff', 'https://updates.example.com' );
	expect_members( array( 'new_version' => '', 'package' => '' ), $unknown );
} );
