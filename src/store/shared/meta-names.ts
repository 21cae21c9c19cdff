/** Names of rows in table `meta` of both engines. Others are beside what they are about. */

/** The time that the last process recorded. */
export const RECORDED_TIME = 'recorded_time'
/** A random text, written to find out whether the database can be written. */
export const WRITE_PROBE = 'last_write_probe'
