CREATE TABLE `search_words` (
	`word` text NOT NULL,
	`license_id` text NOT NULL,
	PRIMARY KEY(`word`, `license_id`),
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE no action
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `activations_by_registrable_domain` ON `activations` (`root`,`license_id`) WHERE kind = 'domain' AND root <> value;