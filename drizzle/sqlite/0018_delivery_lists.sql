ALTER TABLE `deliveries` ADD `event_type` text DEFAULT '' NOT NULL;--> statement-breakpoint
UPDATE `deliveries` SET `event_type` = ifnull((SELECT `type` FROM `events` WHERE `events`.`id` = `event_id`), '');--> statement-breakpoint
CREATE INDEX `deliveries_by_age` ON `deliveries` (`created_at_ms`,`position`,`status`,`event_type`,`endpoint_id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_type` ON `deliveries` (`event_type`,`created_at_ms`,`position`,`status`,`endpoint_id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_endpoint_and_age` ON `deliveries` (`endpoint_id`,`created_at_ms`,`position`,`status`,`event_type`);--> statement-breakpoint
CREATE INDEX `deliveries_unsettled` ON `deliveries` (`status`,`created_at_ms`,`position`,`event_type`,`endpoint_id`) WHERE status <> 'delivered';