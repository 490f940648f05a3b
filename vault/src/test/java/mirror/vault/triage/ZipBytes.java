package mirror.vault.triage;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** A zip archive made byte by byte, so that it can say anything of itself. */
final class ZipBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<byte[]> central = new ArrayList<>();
    private int count;

    /** What both headers of an entry say; each part can be made a lie. */
    static final class Entry {
        byte[] name;
        byte[] localName;
        byte[] data;
        byte[] packed;
        int flags = 1 << 11;
        int method = 8;
        int mode = 0100644;
        int host = 3;
        long crc;
        long size;
        long packedSize;
        long localSize = -1;
        long offset = -1;

        Entry(String name, byte[] data) {
            this.name = name.getBytes(StandardCharsets.UTF_8);
            this.localName = this.name;
            this.data = data;
            this.packed = deflate(data);
            this.size = data.length;
            this.packedSize = packed.length;
            this.crc = crc(data);
            if (name.endsWith("/")) {
                mode = 040755;
                stored();
            }
        }

        Entry stored() {
            method = 0;
            packed = data;
            packedSize = data.length;
            return this;
        }
    }

    static byte[] deflate(byte[] data) {
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(data);
        deflater.finish();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        while (!deflater.finished()) {
            packed.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        return packed.toByteArray();
    }

    static long crc(byte[] data) {
        CRC32 crc = new CRC32();
        crc.update(data);
        return crc.getValue();
    }

    private static ByteBuffer buffer(byte[] array) {
        return ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
    }

    ZipBytes file(String name, String text) {
        return add(new Entry(name, text.getBytes(StandardCharsets.UTF_8)));
    }

    ZipBytes add(Entry entry) {
        int at = out.size();
        byte[] header = new byte[30 + entry.localName.length];
        ByteBuffer local = buffer(header);
        local.putInt(0x04034b50)
                .putShort((short) 20)
                .putShort((short) entry.flags)
                .putShort((short) entry.method);
        local.putInt(0).putInt((int) entry.crc).putInt((int) entry.packedSize);
        local.putInt((int) (entry.localSize < 0 ? entry.size : entry.localSize));
        local.putShort((short) entry.localName.length).putShort((short) 0).put(entry.localName);
        out.writeBytes(header);
        out.writeBytes(entry.packed);
        return directory(entry, entry.offset < 0 ? at : entry.offset);
    }

    /** An entry of the directory alone. */
    ZipBytes directory(Entry entry, long offset) {
        byte[] array = new byte[46 + entry.name.length];
        ByteBuffer header = buffer(array);
        header.putInt(0x02014b50).putShort((short) (entry.host << 8 | 20)).putShort((short) 20);
        header.putShort((short) entry.flags)
                .putShort((short) entry.method)
                .putInt(0)
                .putInt((int) entry.crc);
        header.putInt((int) entry.packedSize).putInt((int) entry.size).putShort((short) entry.name.length);
        header.putShort((short) 0).putShort((short) 0).putShort((short) 0).putShort((short) 0);
        header.putInt(entry.mode << 16).putInt((int) offset).put(entry.name);
        central.add(array);
        count++;
        return this;
    }

    byte[] bytes() {
        return bytes(count);
    }

    /** @param said how many entries the end shall count */
    byte[] bytes(int said) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(out.toByteArray());
        int start = whole.size();
        central.forEach(whole::writeBytes);
        byte[] array = new byte[22];
        ByteBuffer end = buffer(array);
        end.putInt(0x06054b50).putInt(0).putShort((short) said).putShort((short) said);
        end.putInt(whole.size() - start).putInt(start).putShort((short) 0);
        whole.writeBytes(array);
        return whole.toByteArray();
    }
}
