package mirror.trust.shell;

/** The names of Node's library that matter; {@code Sync} and {@code promises} are taken off before looking here. */
final class NodeNames {
    static final String CALLS = """
            read fs.readFile fs.readdir fs.createReadStream fs.stat fs.lstat fs.readlink fs.opendir fs.realpath
            write fs.writeFile fs.appendFile fs.mkdir fs.createWriteStream fs.truncate fs.chmod fs.chown fs.utimes fs.mkdtemp fs.outputFile fs.ensureDir fs.writeJson
            write1 fs.symlink fs.link
            delete fs.unlink fs.rmdir
            rm fs.rm
            tree fs.remove fs.emptyDir rimraf rimraf.sync del
            move fs.rename fs.move
            copy fs.copyFile fs.cp fs.copy
            shell child_process.exec execa.command
            command child_process.spawn child_process.execFile execa
            node child_process.fork
            net fetch http.get https.get http.request https.request axios axios.get axios.post axios.put axios.delete axios.request got node-fetch undici.fetch undici.request
            anynet net.connect net.createConnection net.Socket tls.connect dgram.createSocket WebSocket ws dns.lookup dns.resolve http.createServer https.createServer net.createServer
            machine process.kill
            """;

    static final String HARMLESS = """
            console.* JSON.* Math.* Object.* Array.* String.* Number.* Date.* Promise.* Buffer.* Symbol.* BigInt.* Intl.* Set Map
            WeakMap WeakSet RegExp Error TypeError RangeError Date Array Object String Number Boolean BigInt Symbol Promise Buffer URL
            URLSearchParams TextEncoder TextDecoder parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI
            decodeURI setTimeout setInterval clearInterval clearTimeout setImmediate structuredClone Uint8Array Int32Array Float64Array atob btoa queueMicrotask
            process.exit process.argv process.env process.env.* process.version process.versions process.versions.* process.platform
            process.arch process.cwd process.uptime process.memoryUsage process.hrtime process.hrtime.* process.stdout.* process.stderr.*
            process.stdin.* process.pid process.nextTick process.exitCode process.title process.release.* process.on process.cpuUsage
            process.execPath process.features.* process.config
            path.* os.* util.* crypto.* url.* querystring.* assert.* assert events.* zlib.* buffer.* string_decoder.* perf_hooks.*
            performance.* semver.* fs.exists fs.access fs.constants.* require.resolve module.exports fs.existsSync
            """;

    private NodeNames() {}
}
