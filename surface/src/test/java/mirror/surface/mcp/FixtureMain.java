package mirror.surface.mcp;

final class FixtureMain {
    public static void main(String[] a) throws Exception {
        var f = new ConformanceFixture();
        System.out.println("PORT " + f.port());
        System.in.read();
        f.close();
    }
}
