CREATE TABLE `checkout_customers` (
	`provider` text NOT NULL,
	`mode` text NOT NULL,
	`ref` text NOT NULL,
	`at_ms` integer NOT NULL,
	`email` text NOT NULL,
	`name` text,
	PRIMARY KEY(`provider`, `mode`, `ref`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `checkout_customers_by_email` ON `checkout_customers` (`email`);--> statement-breakpoint
CREATE TABLE `checkout_events` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`provider` text NOT NULL,
	`endpoint_label` text NOT NULL,
	`key` text NOT NULL,
	`received_at_ms` integer NOT NULL,
	`type` text,
	`event_id` text,
	`mode` text,
	`occurred_at_ms` integer,
	`purchase_ref` text,
	`state` text NOT NULL,
	`reason` text,
	`waiting_for` text,
	`effects` text NOT NULL,
	`rules` text NOT NULL,
	`mail_mode` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_attempt_at_ms` integer,
	`processed_at_ms` integer,
	`claimed_by` text,
	`claimed_until_ms` integer,
	`body_sealed` text
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `checkout_events_id_unique` ON `checkout_events` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `checkout_events_by_key` ON `checkout_events` (`provider`,`endpoint_label`,`key`);--> statement-breakpoint
CREATE INDEX `checkout_events_by_state` ON `checkout_events` (`state`,`position`);--> statement-breakpoint
CREATE INDEX `checkout_events_by_provider` ON `checkout_events` (`provider`,`position`);--> statement-breakpoint
CREATE INDEX `checkout_events_by_type` ON `checkout_events` (`type`,`position`);--> statement-breakpoint
CREATE INDEX `checkout_events_by_purchase` ON `checkout_events` (`provider`,`mode`,`purchase_ref`,`position`) WHERE purchase_ref IS NOT NULL;--> statement-breakpoint
CREATE INDEX `checkout_events_due` ON `checkout_events` (`next_attempt_at_ms`,`position`) WHERE next_attempt_at_ms IS NOT NULL;--> statement-breakpoint
CREATE INDEX `checkout_events_waiting` ON `checkout_events` (`provider`,`mode`,`waiting_for`) WHERE waiting_for IS NOT NULL;--> statement-breakpoint
CREATE INDEX `checkout_events_claimed` ON `checkout_events` (`claimed_by`) WHERE claimed_by IS NOT NULL;--> statement-breakpoint
CREATE INDEX `checkout_events_to_clear` ON `checkout_events` (`received_at_ms`) WHERE body_sealed IS NOT NULL;--> statement-breakpoint
CREATE TABLE `checkout_facts` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`provider` text NOT NULL,
	`mode` text NOT NULL,
	`ref` text NOT NULL,
	`key` text NOT NULL,
	`fact` text NOT NULL,
	`customer` text
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `checkout_facts_by_ref` ON `checkout_facts` (`provider`,`mode`,`ref`,`key`);--> statement-breakpoint
CREATE INDEX `checkout_facts_by_customer` ON `checkout_facts` (`customer`) WHERE customer IS NOT NULL;--> statement-breakpoint
CREATE TABLE `checkout_links` (
	`provider` text NOT NULL,
	`mode` text NOT NULL,
	`from_ref` text NOT NULL,
	`to_ref` text NOT NULL,
	PRIMARY KEY(`provider`, `mode`, `from_ref`, `to_ref`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `checkout_links_back` ON `checkout_links` (`provider`,`mode`,`to_ref`);--> statement-breakpoint
CREATE TABLE `checkout_purchases` (
	`provider` text NOT NULL,
	`mode` text NOT NULL,
	`ref` text NOT NULL,
	`next_decision_at_ms` integer,
	`erased_at_ms` integer,
	PRIMARY KEY(`provider`, `mode`, `ref`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `checkout_purchases_due` ON `checkout_purchases` (`next_decision_at_ms`) WHERE next_decision_at_ms IS NOT NULL;--> statement-breakpoint
CREATE TABLE `checkout_rules` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`version` integer NOT NULL,
	`provider` text NOT NULL,
	`target` text NOT NULL,
	`value` text NOT NULL,
	`plan_slug` text NOT NULL,
	`terms` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `checkout_rules_id_unique` ON `checkout_rules` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `checkout_rules_by_value` ON `checkout_rules` (`target`,`value`,`provider`);--> statement-breakpoint
CREATE TABLE `checkout_sessions` (
	`provider` text NOT NULL,
	`session_hash` text NOT NULL,
	`mode` text NOT NULL,
	`purchase_ref` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`ready_at_ms` integer,
	`reads` integer NOT NULL,
	PRIMARY KEY(`provider`, `session_hash`)
) STRICT;
--> statement-breakpoint
CREATE INDEX `checkout_sessions_by_age` ON `checkout_sessions` (`created_at_ms`);--> statement-breakpoint
CREATE INDEX `checkout_sessions_by_purchase` ON `checkout_sessions` (`provider`,`mode`,`purchase_ref`);--> statement-breakpoint
CREATE TABLE `checkout_units` (
	`license_id` text PRIMARY KEY NOT NULL,
	`provider` text NOT NULL,
	`mode` text NOT NULL,
	`purchase_ref` text NOT NULL,
	`item_ref` text NOT NULL,
	`number` integer NOT NULL,
	`rule_id` text,
	`applied` text NOT NULL,
	`is_released` integer NOT NULL,
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE no action DEFERRABLE INITIALLY DEFERRED
) STRICT;
--> statement-breakpoint
CREATE INDEX `checkout_units_by_purchase` ON `checkout_units` (`provider`,`mode`,`purchase_ref`);--> statement-breakpoint
CREATE UNIQUE INDEX `checkout_units_by_number` ON `checkout_units` (`provider`,`mode`,`purchase_ref`,`item_ref`,`number`) WHERE is_released = 0;