package mirror.trust.guard;

/** What a word can mean to a mechanism; a word may mean several things. The words of each, in the forms in which they command. */
enum Concept {
    DISREGARD(
            "ignore disregard forget override overrule bypass circumvent discard neglect dismiss supersede overwrite evade abandon"
                    + " unlearn deactivate disable skip suspend cancel void replace"),
    PRIOR(
            "previous prior earlier above preceding foregoing former existing original initial all any your every past old current"),
    RULES(
            "instruction rule prompt guideline directive direction constraint restriction limitation programming training policy"
                    + " order protocol boundary command"),
    GUARDRAIL(
            "approval safeguard guardrail safety permission confirmation sandbox moderation filter gate safeguards authorization"
                    + " authorisation"),
    REVEAL(
            "reveal disclose show print output repeat display leak expose dump share tell include append divulge recite list"
                    + " quote embed echo reproduce summarize paste"),
    SYSTEM("system hidden developer initial internal secret"),
    PROMPT("prompt instruction message configuration"),
    SECRET(
            "secret password passphrase credential token canary apikey sshkey privatekey key cookie wallet mnemonic passwd env"
                    + " secrets credentials environment keychain idrsa"),
    DATA(
            "customer record email database history conversation transcript personal confidential private payroll salary document"
                    + " file contact invoice account user client source data internal"),
    SEND(
            "send email mail post upload transmit exfiltrate forward submit deliver export transfer push publish copy relay pipe"
                    + " load beacon report"),
    DEST(
            "attacker evil exfil pastebin webhook requestbin ngrok burpcollaborator http https adversary external remote outside offsite"),
    PLACE("server endpoint url address site host domain channel"),
    AGENT("assistant ai agent model llm chatbot claude gpt chatgpt copilot gemini bot codex"),
    MUST("must should shall need required have"),
    YOU("you your yourself"),
    PERSONA("developer debug god admin dan root sudo jailbreak maintenance unsafe evil opposite stan"),
    MODE("mode persona role"),
    FREE(
            "unrestricted unfiltered uncensored unlimited unbound unaligned amoral jailbroken limitless lawless unethical freed free"
                    + " boundless unmoderated"),
    NO("no not never without dont nor zero cannot stop"),
    FOLLOW("follow obey comply adhere respect heed"),
    ACT("act pretend roleplay simulate imagine behave become impersonate"),
    APPROVE("approve accept confirm authorize authorise grant allow permit autoapprove"),
    TOOL("tool function shell permission access action"),
    CALL("call request pending invocation use execution"),
    REMEMBER("remember memorize memorise store save persist note record"),
    FOREVER("permanently always forever future onward onwards subsequent persistent henceforth sessions"),
    PRIVILEGE("admin administrator root owner superuser trusted privileged authorized authorised approved whitelisted"),
    SECRECY("silently secretly quietly covertly stealthily discreetly unnoticed"),
    INFORM("tell mention inform notify alert warn ask reveal disclose"),
    USER("user human owner operator person anyone anybody customer"),
    URGENT("urgent urgently immediately emergency critical asap deadline suspended"),
    RUN("run execute call invoke launch trigger use start curl wget bash"),
    FETCH("fetch access read retrieve get query open cat steal collect gather harvest extract"),
    OTHER("tenant another other others neighbor neighbour someone"),
    DESTROY("delete wipe erase destroy drop rm remove truncate format"),
    NEW("new updated real actual true revised instead"),
    MENTION(
            "example phrase pattern sample fixture quote detector corpus corpora benchmark postmortem report evidence appendix"
                    + " describe explain documentation annotate learner student workshop slide training awareness guidance analyst"
                    + " changelog allowlist regex attack unsafe risky guardrail writeup blog research flag refuse test string"
                    + " containing discuss teach lesson called known technique malicious payload classifier"),
    /** Not a word: a speaker's name with a colon, or a tag, where a turn of a conversation would begin. */
    ROLE(""),
    /** Not a word: an address of a host or a mailbox. */
    ADDRESS(""),
    /** Not a meaning: the word is in the form in which it commands. */
    COMMAND("");

    final String words;

    Concept(String words) {
        this.words = words;
    }

    /** The order is only within this process; nothing of it is stored. */
    @SuppressWarnings("EnumOrdinal")
    long bit() {
        return 1L << ordinal();
    }
}
