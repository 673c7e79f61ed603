/** "cfm1" in the file's header: tells a registry from any other SQLite file. */
export const applicationId = 0x63666d31;
