ALTER TABLE `activations` ADD `external_id` text;--> statement-breakpoint
CREATE UNIQUE INDEX `activations_by_external_id` ON `activations` (`license_id`,`external_id`) WHERE external_id IS NOT NULL;