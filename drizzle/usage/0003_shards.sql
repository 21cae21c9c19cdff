CREATE TABLE `staged` (
	`shard` integer NOT NULL,
	`number` integer NOT NULL,
	`text` text NOT NULL,
	`again` blob NOT NULL,
	PRIMARY KEY(`shard`, `number`)
) STRICT;
