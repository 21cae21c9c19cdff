DROP TABLE `sightings`;
--> statement-breakpoint
ALTER TABLE `groups` RENAME TO `batches`;
