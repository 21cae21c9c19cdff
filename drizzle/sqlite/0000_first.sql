CREATE TABLE `activations` (
	`id` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`name` text,
	`root` text,
	`is_free` integer NOT NULL,
	`country` text,
	`created_at_ms` integer NOT NULL,
	`last_seen_at_ms` integer NOT NULL,
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `activations_by_value` ON `activations` (`license_id`,`kind`,`value`);--> statement-breakpoint
CREATE INDEX `activations_by_age` ON `activations` (`license_id`,`kind`,`is_free`,`id`);--> statement-breakpoint
CREATE INDEX `activations_by_idleness` ON `activations` (`license_id`,`kind`,`is_free`,`last_seen_at_ms`);--> statement-breakpoint
CREATE INDEX `activations_by_root` ON `activations` (`license_id`,`root`,`is_free`);--> statement-breakpoint
CREATE INDEX `activations_by_domain` ON `activations` (`value`,`license_id`) WHERE kind = 'domain';--> statement-breakpoint
CREATE TABLE `api_keys` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`token_hash` text NOT NULL,
	`scopes` text NOT NULL,
	`is_reserved` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`expires_at_ms` integer,
	`last_used_at_ms` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_id_unique` ON `api_keys` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_token_hash_unique` ON `api_keys` (`token_hash`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`delivery_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`status` integer,
	`error` text,
	`response_body` text NOT NULL,
	FOREIGN KEY (`delivery_id`) REFERENCES `deliveries`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE INDEX `attempts_by_delivery` ON `attempts` (`delivery_id`,`position`);--> statement-breakpoint
CREATE TABLE `audit` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` integer NOT NULL,
	`actor` text NOT NULL,
	`request_id` text NOT NULL,
	`action` text NOT NULL,
	`subject_id` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `deactivations` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`license_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE INDEX `deactivations_by_license` ON `deactivations` (`license_id`,`at_ms`);--> statement-breakpoint
CREATE INDEX `deactivations_by_time` ON `deactivations` (`at_ms`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`event_id` text NOT NULL,
	`endpoint_id` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`status` text NOT NULL,
	`tries` integer NOT NULL,
	`next_try_at_ms` integer,
	`claimed_by` text,
	`claimed_until_ms` integer,
	FOREIGN KEY (`event_id`) REFERENCES `events`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`endpoint_id`) REFERENCES `endpoints`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_id_unique` ON `deliveries` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_by_event` ON `deliveries` (`event_id`,`endpoint_id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_endpoint` ON `deliveries` (`endpoint_id`,`position`);--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`endpoint_id`,`next_try_at_ms`,`position`) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX `deliveries_claimed` ON `deliveries` (`claimed_by`) WHERE claimed_by IS NOT NULL;--> statement-breakpoint
CREATE TABLE `endpoints` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`description` text,
	`state` text NOT NULL,
	`secret_sealed` text NOT NULL,
	`former_secret` text,
	`failing_since_ms` integer,
	`created_at_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `endpoints_id_unique` ON `endpoints` (`id`);--> statement-breakpoint
CREATE TABLE `events` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`timestamp_ms` integer NOT NULL,
	`license_id` text,
	`sequence` integer,
	`data` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `events_id_unique` ON `events` (`id`);--> statement-breakpoint
CREATE INDEX `events_by_license` ON `events` (`license_id`,`position`);--> statement-breakpoint
CREATE INDEX `events_by_type` ON `events` (`type`,`position`);--> statement-breakpoint
CREATE TABLE `former_keys` (
	`key_hash` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL,
	`valid_until_ms` integer NOT NULL,
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE INDEX `former_keys_by_license` ON `former_keys` (`license_id`);--> statement-breakpoint
CREATE INDEX `former_keys_by_end` ON `former_keys` (`valid_until_ms`);--> statement-breakpoint
CREATE TABLE `kept_answers` (
	`key_hash` text PRIMARY KEY NOT NULL,
	`body_hash` text NOT NULL,
	`sealed_answer` text NOT NULL,
	`expires_at_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `kept_answers_by_expiry` ON `kept_answers` (`expires_at_ms`);--> statement-breakpoint
CREATE TABLE `licenses` (
	`id` text PRIMARY KEY NOT NULL,
	`plan_slug` text NOT NULL,
	`product_slug` text NOT NULL,
	`key_hash` text NOT NULL,
	`key_sealed` text NOT NULL,
	`key_masked` text NOT NULL,
	`key_last_four` text NOT NULL,
	`overrides` text NOT NULL,
	`customer_email` text,
	`customer_name` text,
	`customer_name_folded` text,
	`metadata` text NOT NULL,
	`external_ref` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`pending_days` integer,
	`expires_at_ms` integer,
	`ends_at_ms` integer,
	`activated_at_ms` integer,
	`suspended_at_ms` integer,
	`suspension_reason` text,
	`revoked_at_ms` integer,
	`last_validated_at_ms` integer,
	`validation_count` integer NOT NULL,
	`domains_used` integer NOT NULL,
	`free_domains_used` integer NOT NULL,
	`devices_used` integer NOT NULL,
	`expiring_told_at_ms` integer,
	`expired_told_at_ms` integer,
	`limit_notices` text NOT NULL,
	`version` integer NOT NULL,
	`event_sequence` integer NOT NULL,
	FOREIGN KEY (`plan_slug`) REFERENCES `plans`(`slug`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `licenses_key_hash_unique` ON `licenses` (`key_hash`);--> statement-breakpoint
CREATE INDEX `licenses_by_plan` ON `licenses` (`plan_slug`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_by_product` ON `licenses` (`product_slug`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_by_email` ON `licenses` (`customer_email`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_by_name` ON `licenses` (`customer_name_folded`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_by_external_ref` ON `licenses` (`external_ref`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_by_last_four` ON `licenses` (`key_last_four`,`id`);--> statement-breakpoint
CREATE INDEX `licenses_to_expire` ON `licenses` (`ends_at_ms`) WHERE expired_told_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL;--> statement-breakpoint
CREATE INDEX `licenses_to_warn` ON `licenses` (`expires_at_ms`) WHERE expiring_told_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL;--> statement-breakpoint
CREATE INDEX `licenses_revoked` ON `licenses` (`id`) WHERE revoked_at_ms IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_suspended` ON `licenses` (`id`) WHERE suspended_at_ms IS NOT NULL AND revoked_at_ms IS NULL;--> statement-breakpoint
CREATE INDEX `licenses_by_age_and_end` ON `licenses` (`id`,`ends_at_ms`,`expires_at_ms`,`suspended_at_ms`,`revoked_at_ms`);--> statement-breakpoint
CREATE TABLE `meta` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `plans` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`slug` text NOT NULL,
	`product_slug` text NOT NULL,
	`terms` text NOT NULL,
	FOREIGN KEY (`product_slug`) REFERENCES `products`(`slug`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `plans_slug_unique` ON `plans` (`slug`);--> statement-breakpoint
CREATE TABLE `products` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`key_prefix` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `products_slug_unique` ON `products` (`slug`);--> statement-breakpoint
CREATE UNIQUE INDEX `products_key_prefix_unique` ON `products` (`key_prefix`);--> statement-breakpoint
CREATE TABLE `seats` (
	`id` text PRIMARY KEY NOT NULL,
	`license_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`name` text,
	`acquired_at_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL,
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `seats_by_fingerprint` ON `seats` (`license_id`,`fingerprint`);--> statement-breakpoint
CREATE INDEX `seats_by_license_and_expiry` ON `seats` (`license_id`,`expires_at_ms`);--> statement-breakpoint
CREATE INDEX `seats_by_expiry` ON `seats` (`expires_at_ms`);