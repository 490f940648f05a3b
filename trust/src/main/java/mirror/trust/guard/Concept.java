package mirror.trust.guard;

/** What a word can mean to a mechanism; a word may mean several things. The words of each, in the forms in which they command. */
enum Concept {
    DISREGARD(
            "ignore disregard forget override overrule bypass circumvent discard neglect dismiss supersede overwrite evade abandon"
                    + " unlearn deactivate disable skip suspend cancel replace"
                    + " aside drop remove disobey"),
    PRIOR(
            "previous prior earlier above preceding foregoing former existing original initial all any your every past old current"
                    + " far so everything anything whatever"),
    RULES(
            "instruction rule prompt guideline directive direction constraint restriction limitation programming training policy"
                    + " order protocol boundary command"
                    + " guidance regulation rules brief briefing"),
    GUARDRAIL(
            "approval safeguard guardrail safety permission confirmation sandbox moderation filter gate safeguards authorization"
                    + " authorisation"
                    + " dialog vetting"),
    REVEAL(
            "reveal disclose show print output repeat display leak expose dump share tell include append divulge recite list"
                    + " quote embed echo reproduce summarize paste"
                    + " give hand write attach send read output"),
    SYSTEM("system hidden developer initial internal secret" + " ethical"),
    PROMPT("prompt instruction message configuration" + " words"),
    SECRET(
            "secret password passphrase credential token canary apikey sshkey privatekey key cookie wallet mnemonic passwd env"
                    + " secrets credentials environment keychain idrsa"
                    + " privkey passcode environ dotenv"),
    DATA(
            "customer record email database history conversation transcript personal confidential private payroll salary document"
                    + " file contact invoice account user client source data internal"
                    + " mails emails contents table repository everything word value line configs deposit payment ownership terms"),
    SEND(
            "send email mail post upload transmit exfiltrate forward submit deliver export transfer push publish copy relay pipe"
                    + " load beacon report"
                    + " encode append dump attach put mirror"),
    DEST(
            "attacker evil exfil pastebin webhook requestbin ngrok burpcollaborator http https adversary external remote outside offsite"
                    + " gist paste hook"),
    PLACE("server endpoint url address site host domain channel comment issue thread there"),
    AGENT("assistant ai agent model llm chatbot claude gpt chatgpt copilot gemini bot codex"
            + " assistant assistants language aiagent crawler reviewer screener"),
    MUST("must should shall need required have" + " needs please kindly requires required"),
    YOU("you your yourself"),
    PERSONA("developer debug god admin dan root sudo jailbreak maintenance unsafe evil opposite stan"),
    MODE("mode persona role" + " character"),
    FREE(
            "unrestricted unfiltered uncensored unlimited unbound unaligned amoral jailbroken limitless lawless unethical freed free"
                    + " boundless unmoderated"
                    + " filterless"),
    NO("no not never without dont nor zero cannot stop nothing nobody"),
    FOLLOW("follow obey comply adhere respect heed" + " observe apply"),
    ACT("act pretend roleplay simulate imagine behave become impersonate"),
    APPROVE("approve accept confirm authorize authorise grant allow permit autoapprove agree"),
    TOOL("tool function shell permission access action"),
    CALL("call request pending invocation use execution"),
    REMEMBER("remember memorize memorise store save persist note record"),
    FOREVER("permanently always forever future onward onwards subsequent persistent henceforth sessions" + " whenever"),
    PRIVILEGE("admin administrator root owner superuser trusted privileged authorized authorised approved whitelisted"
            + " ceo cto administrator administrative sysadmin"),
    SECRECY("silently secretly quietly covertly stealthily discreetly unnoticed"),
    INFORM("tell mention inform notify alert warn ask reveal disclose" + " bother say"),
    USER("user human owner operator person anyone anybody customer" + " people nobody anybody users"),
    URGENT("urgent urgently immediately emergency critical asap deadline suspended"),
    RUN("run execute call invoke launch trigger use start curl wget bash" + " restart nc"),
    FETCH("fetch access read retrieve get query open cat steal collect gather harvest extract"),
    OTHER("tenant another other others neighbor neighbour someone"),
    DESTROY("delete wipe erase destroy drop rm remove truncate format"),
    NEW("new updated real actual true revised instead"),
    MENTION(
            "example phrase pattern sample fixture quote detector corpus corpora benchmark postmortem report evidence appendix"
                    + " describe explain documentation annotate learner student workshop slide training awareness guidance analyst"
                    + " changelog allowlist regex attack unsafe risky guardrail writeup blog research flag refuse test string"
                    + " containing discuss teach lesson called known technique malicious payload classifier"),
    /** What is missing or switched off. */
    LACK("without no zero lacking off"),
    ASK(
            "ask asking consult prompt bother wait look check question consent approval confirmation permission review reviewing"),
    TASK("task objective goal mission job assignment purpose"),
    TOLD("told given received taught instructed said learned"),
    HERE("document page file ticket text author below output email website readme server"),
    /** They say that somebody can or will, so that the verb behind them is no command. */
    MODAL("can could may might would we i they he she it which that who lets let allow enable will"),
    AGENTFILE("memory memories settings hook hooks cursorrules agentsmd claudemd permissions"),
    TRUST("trusted trust approved approve allow accept skip whitelist"),
    VOID("void obsolete suspended superseded cancelled revoked invalid lifted off disabled"),
    MESSAGE("message notice announcement directive instructions memo update"),
    NOW("now henceforth"),
    REFUSE("refuse decline deny sorry reject forbid prohibit"),
    CHANGE(
            "install merge grant restart rewrite enable pay wire buy rate recommend edit write add set put give collect transfer"
                    + " open call change drop do list insert modify answer treat consider"),
    PRAISE("highest best excellent perfect positive outstanding favorable favourable only score priority precedence"),
    /** Somebody says who he is. */
    SELF("securityteam"),
    ATTEND("attention notice heed account regard"),
    /** Not a word: the assistant is called by its name. */
    CALLED(""),
    /** Not a word: "as if nothing had happened". */
    HUSH(""),
    /** Not a word: here begins what a reader of the page does not see. */
    HIDDEN(""),
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
