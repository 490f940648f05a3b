package mirror.surface.cli;

import io.nayuki.qrcodegen.QrCode;
import java.util.ArrayList;
import java.util.List;

/** A QR code for a terminal: two modules in one character, dark on light where colours are to be had. */
final class QrText {
    /** Light modules around the code (ISO/IEC 18004 asks for four). */
    private static final int QUIET = 4;

    private QrText() {}

    /**
     * The lines to print.
     *
     * @param color whether black and white can be asked for; otherwise the terminal is taken for a dark one
     */
    static List<String> of(String text, boolean color) {
        QrCode code = QrCode.encodeText(text, QrCode.Ecc.MEDIUM);
        List<String> lines = new ArrayList<>();
        for (int y = -QUIET; y < code.size + QUIET; y += 2) {
            StringBuilder line = new StringBuilder();
            for (int x = -QUIET; x < code.size + QUIET; x++) {
                boolean upper = !code.getModule(x, y);
                boolean lower = !code.getModule(x, y + 1);
                line.append(upper ? lower ? '\u2588' : '\u2580' : lower ? '\u2584' : ' ');
            }
            lines.add(color ? "\u001b[97;40m" + line + "\u001b[0m" : line.toString());
        }
        return lines;
    }
}
