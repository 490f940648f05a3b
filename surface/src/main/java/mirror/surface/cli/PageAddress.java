package mirror.surface.cli;

import java.net.URI;
import mirror.surface.Core;

/** Addresses of the console's pages. A code stands behind their '#': no server and no proxy gets to see that part. */
final class PageAddress {
    private PageAddress() {}

    /** On this computer. By a name and not a number, since passkeys belong to names. */
    static String here(Core core, String fragment) {
        return at("http://localhost:" + core.port().getAsInt(), fragment);
    }

    /** Shows the address for another browser, as a QR code too, and what is to be done with it. */
    static void show(Core core, Call call, Out out, String fragment, String todo) {
        URI phone = core.config().phoneUrl();
        String address = phone == null ? here(core, fragment) : at(phone.toString(), fragment);
        QrText.of(address, call.color()).forEach(out::line);
        out.line(address);
        out.line(todo);
        if (phone == null) {
            out.line("Only this machine reaches that address. For a phone, set phone-url in "
                    + core.home().config() + " to an https address that leads to port "
                    + core.port().getAsInt() + ", such as the one that 'tailscale serve' gives.");
        }
    }

    private static String at(String origin, String fragment) {
        return origin + "/console/" + (fragment.isEmpty() ? "" : "#" + fragment);
    }
}
