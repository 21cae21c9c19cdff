/** Checks licenses with a Licet server, online and offline. */
module dev.licet {
    requires transitive java.net.http;

    exports dev.licet;
    exports dev.licet.admin;
}
