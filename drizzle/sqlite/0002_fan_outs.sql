CREATE TABLE `fan_outs` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`first_event` integer NOT NULL,
	`last_event` integer NOT NULL,
	`endpoint_ids` text NOT NULL
) STRICT;
