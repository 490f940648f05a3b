package mirror.trust.shell;

/** Words of perl, ruby and php: those that act, and those that only compute. Any other word is not understood. */
final class OtherNames {
    static final String PERL_CALLS = """
            delete unlink rmdir
            tree rmtree remove_tree
            write mkdir mkpath make_path chmod truncate utime
            move rename
            shell system exec
            machine kill
            """;

    static final String PERL = """
            print printf say my our local if unless while until for foreach else elsif split join push pop shift unshift length substr uc
            lc ucfirst lcfirst sprintf keys values each sort reverse map grep scalar defined exists chomp chop next last redo BEGIN END and
            or not eq ne lt gt le ge cmp x xor use strict warnings utf8 feature int abs sqrt rand srand time localtime gmtime hex oct ord chr
            index rindex return sub wantarray ref qw undef die warn exit pos sin cos exp log pack unpack STDIN STDOUT STDERR List Util sum
            max min first uniq shuffle Data Dumper JSON PP encode_json decode_json POSIX strftime floor ceil g i m gi n b e_ F _
            """;

    static final String RUBY_CALLS = """
            delete File.delete File.unlink FileUtils.rm FileUtils.rm_f Dir.rmdir Dir.delete FileUtils.rmdir FileUtils.remove
            tree FileUtils.rm_rf FileUtils.rm_r FileUtils.remove_dir FileUtils.remove_entry FileUtils.rmtree
            write File.write FileUtils.mkdir_p FileUtils.mkdir Dir.mkdir FileUtils.touch IO.write File.truncate
            read File.read IO.read File.readlines Dir.children Dir.entries Dir.glob File.foreach
            move File.rename FileUtils.mv
            copy FileUtils.cp FileUtils.cp_r FileUtils.copy
            shell system exec spawn IO.popen Open3.capture2 Open3.capture3 Open3.capture2e
            net Net.HTTP.get URI.open
            machine Process.kill
            """;

    static final String RUBY = """
            puts p print pp printf require if else elsif unless end def do while until for in case when then each map select reject reduce
            inject sum min max sort sort_by group_by join split length size count to_s to_i to_f to_a to_h to_json inspect upcase downcase
            capitalize strip chomp gsub sub tr reverse first last keys values merge push pop shift times upto downto step nil true false
            and or not return yield lambda proc self class module new attr_reader JSON JSON.parse JSON.generate JSON.pretty_generate YAML
            Time Time.now Date Date.today RUBY_VERSION RUBY_PLATFORM ARGV STDIN STDOUT STDERR STDIN.read STDOUT.puts gets Math Math.sqrt
            Math.log rand SecureRandom SecureRandom.hex SecureRandom.uuid Random now parse generate pretty_generate sqrt hex uuid year
            format sprintf include empty nil? any? all? include? empty? zip flatten uniq compact each_with_index with_index freeze dup
            is_a respond_to Integer Float String Array Hash Set Gem Gem.version version VERSION exit raise read lines chars bytes
            ENV ENV.fetch fetch dig today strftime RbConfig CONFIG set json date time digest Digest SHA256 MD5 hexdigest base64 Base64
            encode64 decode64 strict_encode64 abs round floor ceil even odd zero positive negative tally sum each_slice each_cons succ
            """;

    static final String PHP_CALLS = """
            delete unlink rmdir
            write file_put_contents mkdir touch chmod chown
            read file_get_contents file readfile scandir
            move rename
            copy copy
            shell system exec shell_exec passthru popen proc_open pcntl_exec
            machine posix_kill
            net curl_init
            """;

    static final String PHP = """
            echo print printf sprintf print_r var_dump var_export if else elseif while for foreach as function return true false null
            TRUE FALSE NULL PHP_EOL PHP_VERSION PHP_OS PHP_INT_MAX phpversion json_encode json_decode strlen str_replace substr strtolower
            strtoupper trim explode implode count array in_array array_map_ array_keys array_values array_merge sort rsort ksort range date
            time microtime strtotime md5 sha1 hash base64_encode base64_decode urlencode urldecode rand mt_rand random_int round floor ceil
            abs min max intval floatval strval is_array is_string isset empty unset exit die php_sapi_name php_uname memory_get_usage
            password_hash password_verify uniqid bin2hex random_bytes str_repeat ucfirst number_format array_sum array_filter_ new static
            JSON_PRETTY_PRINT JSON_UNESCAPED_SLASHES extension_loaded get_loaded_extensions ini_get phpinfo sys_get_temp_dir getenv
            """;

    private OtherNames() {}
}
