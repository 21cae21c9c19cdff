CREATE TABLE `license_files` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`license_id` text NOT NULL,
	`activation_ids` text NOT NULL,
	`is_fingerprint_bound` integer NOT NULL,
	`domains` text,
	`issued_at_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL,
	`return_hash` text,
	`returned_at_ms` integer,
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `license_files_id_unique` ON `license_files` (`id`);--> statement-breakpoint
CREATE INDEX `license_files_by_license` ON `license_files` (`license_id`,`position`);--> statement-breakpoint
CREATE INDEX `license_files_by_license_and_end` ON `license_files` (`license_id`,`expires_at_ms`);--> statement-breakpoint
CREATE INDEX `license_files_by_end` ON `license_files` (`expires_at_ms`);--> statement-breakpoint
CREATE INDEX `license_files_by_return` ON `license_files` (`license_id`,`return_hash`) WHERE return_hash IS NOT NULL;--> statement-breakpoint
CREATE TABLE `revocations` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`before_ms` integer NOT NULL,
	`kept_until_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `revocations_id_unique` ON `revocations` (`id`);--> statement-breakpoint
CREATE INDEX `revocations_by_end` ON `revocations` (`kept_until_ms`);--> statement-breakpoint
CREATE TABLE `signing_keys` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kid` text NOT NULL,
	`public_key` text NOT NULL,
	`seed_sealed` text,
	`state` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`activated_at_ms` integer,
	`retired_at_ms` integer,
	`revoked_at_ms` integer,
	`revoked_since_ms` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `signing_keys_kid_unique` ON `signing_keys` (`kid`);--> statement-breakpoint
CREATE UNIQUE INDEX `signing_keys_in_use` ON `signing_keys` (`state`) WHERE state IN ('active', 'next');--> statement-breakpoint
ALTER TABLE `products` ADD `former_leases_until_ms` integer DEFAULT 0 NOT NULL;