CREATE TABLE `operators` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`disabled_at_ms` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `operators_id_unique` ON `operators` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `operators_name_unique` ON `operators` (`name`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`token_hash` text NOT NULL,
	`operator_id` text,
	`api_key_id` text,
	`scopes` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`last_seen_at_ms` integer NOT NULL,
	`address` text,
	`user_agent` text,
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`api_key_id`) REFERENCES `api_keys`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_id_unique` ON `sessions` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_token_hash_unique` ON `sessions` (`token_hash`);--> statement-breakpoint
CREATE INDEX `sessions_by_operator` ON `sessions` (`operator_id`) WHERE operator_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_by_api_key` ON `sessions` (`api_key_id`) WHERE api_key_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_by_use` ON `sessions` (`last_seen_at_ms`);--> statement-breakpoint
CREATE INDEX `sessions_by_age` ON `sessions` (`created_at_ms`);--> statement-breakpoint
CREATE TABLE `setup_links` (
	`hash` text PRIMARY KEY NOT NULL,
	`operator_id` text,
	`created_at_ms` integer NOT NULL,
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE INDEX `setup_links_by_operator` ON `setup_links` (`operator_id`) WHERE operator_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `setup_links_by_age` ON `setup_links` (`created_at_ms`);