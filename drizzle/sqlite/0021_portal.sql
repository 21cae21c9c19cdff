CREATE TABLE `portal_codes` (
	`browser_hash` text PRIMARY KEY NOT NULL,
	`customer_email` text NOT NULL,
	`code_hash` text NOT NULL,
	`attempts` integer NOT NULL,
	`created_at_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `portal_codes_by_email` ON `portal_codes` (`customer_email`);--> statement-breakpoint
CREATE INDEX `portal_codes_by_age` ON `portal_codes` (`created_at_ms`);--> statement-breakpoint
CREATE TABLE `portal_sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`token_hash` text NOT NULL,
	`customer_email` text,
	`license_id` text,
	`created_at_ms` integer NOT NULL,
	`address` text,
	`user_agent` text,
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `portal_sessions_token_hash_unique` ON `portal_sessions` (`token_hash`);--> statement-breakpoint
CREATE INDEX `portal_sessions_by_email` ON `portal_sessions` (`customer_email`) WHERE customer_email IS NOT NULL;--> statement-breakpoint
CREATE INDEX `portal_sessions_by_license` ON `portal_sessions` (`license_id`) WHERE license_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `portal_sessions_by_age` ON `portal_sessions` (`created_at_ms`);