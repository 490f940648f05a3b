package mirror.trust.guard;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads other languages: the stems of the words that matter, each in place of an English word with the same {@link Concept}. It is no
 * translation; the order of the words stays that of the language. Linear in the text. Stateless.
 */
final class Glossary {
    /** English word, then stems in German, French, Spanish, Italian, Portuguese, Russian, Chinese, Japanese, Korean. */
    private static final String STEMS = """
            ignore: ignorier|vergiss|vergesst|vergessen|missacht|umgeh|ignorez|ignorer|oublie|oubli|plus compte|pas compte|olvid|ignora|ignoren|hagas caso|hagan caso|dimentica|trascura|desconsider|esqueca|esquece|забуд|игнорир|не обращай|忽略|无视|忘记|忽視|不要理会|無視|忘れ|従わ|무시|잊어
            previous: bisherig|vorherig|fruher|vorher|zuvor|obig|alle|alles|precedent|anterieur|anterior|previa|previo|finora|antes|todas|toutes|tout|tutte|tutti|предыдущ|прежн|ранее|прошл|всё|все|之前|以前|先前|此前|所有|上述|これまで|すべて|全て|이전|모든
            instruction: anweisung|vorgabe|regel|einschrankung|richtlinie|befehl|beschrankung|schranken|consigne|regle|restriction|limite|ordre|instruccion|reglas|restriccion|ordenes|istruzion|regol|restrizion|limiti|instruco|instruca|instruc|regra|restric|comandos|инструкц|указан|правил|ограничен|команд|指令|指示|规则|命令|限制|ルール|制限|コマンド|지시|규칙|명령|제한
            follow: befolg|beacht|gehorch|folge|obei|obeis|suis|suivez|obedec|sigue|siga|obbedi|segui|obedeca|obedece|cumpr|подчин|следуй|выполня|遵守|服从|遵循|従っ|従う|따르
            confirmation: ruckfrage|genehmigung|bestatigung|freigabe|sicherheitsprufung|confirmation|autorisation|confirmacion|permiso|autorizacion|conferma|autorizzazion|confirmac|autorizac|подтвержден|разрешен|确认|批准|許可|確認|확인
            send: schick|sende|ubermittl|ubertrag|hochlad|lade|leite|envoie|envoy|transmet|televers|envia|envie|manda|sube|subir|reenvi|invia|inviar|carica|trasmett|mande|carregu|отправ|перешл|загруз|пришл|发送|上传|转发|提交到|送信|送っ|送って|アップロード|전송|보내
            password: passwort|passworter|zugangsdaten|geheimnis|schlussel|anmeldedaten|kennwort|motdepasse|mots de passe|mot de passe|identifiants|cles|cle prive|secrets|contrasena|claves|clave|credenciales|secretos|password|credenzial|chiavi|segreti|senha|credencia|chaves|segredo|парол|ключ|учётн|учетн|секрет|密钥|密码|凭据|口令|令牌|機密|認証情報|秘密|パスワード|鍵|비밀번호|자격
            file: datei|inhalt|daten|fichier|contenu|donnees|archivo|contenido|datos|contenuto|dati|arquivo|conteudo|dados|файл|содержим|данные|文件|内容|数据|ファイル|データ|파일
            reveal: gib|zeig|verrat|nenne|affiche|revele|montre|divulgu|muestra|revela|mostra|imprime|mostre|revele|exiba|выведи|покажи|раскро|назови|输出|显示|透露|泄露|表示|出力|明かし|출력|보여
            system prompt: systemprompt|systemaufforderung|invite systeme|prompt systeme|mensaje de sistema|prompt del sistema|mensaje del sistema|prompt di sistema|prompt de sistema|prompt do sistema|системный промпт|системную подсказку|系统提示|システムプロンプト|시스템 프롬프트
            system message: systemnachricht|systemmeldung|message systeme|mensaje del sistema:|messaggio di sistema|mensagem do sistema|системное сообщение|系统消息|系统通知：|システムメッセージ|시스템 메시지
            assistant: assistent|assistenz|agenten|ki|assistente|asistente|agente|agent|ia|modele|modelo|modello|ассистент|помощник|ии|агент|модель|助手|人工智能|智能体|アシスタント|人工知能|エージェント|어시스턴트|비서
            user: benutzer|nutzer|anwender|utilisateur|usuario|utente|utilizador|пользовател|用户|使用者|ユーザー|利用者|사용자
            tell: sag|erzahl|mitteil|informier|erwahn|dis|dire|previens|prevenir|informe|mentionn|digas|decir|diga|dica|dire|avvis|informa|avis|conte|mencion|говори|сообщ|уведом|упомина|告诉|告知|通知|提及|知らせ|伝え|말하
            without: ohne|sans|sin|senza|sem|без|没有|不受|无需|ない|なしで|없이|없는
            not: nicht|kein|keine|nichts|nie|niemals|pas|jamais|rien|nunca|jamas|non|mai|nao|не|ничего|никогда|不要|不会|不得|别|せずに|しないで|ません|않
            ask: frag|demand|pedir|preguntar|pida|chied|pergunt|спрашив|запраш|询问|请求|尋ね|聞か|묻
            must: muss|mussen|soll|sollen|doit|dois|devez|debe|debes|deve|devi|должен|должн|обязан|必须|应该|务必|必要|해야
            henceforth: ab sofort|ab jetzt|von nun an|kunftig|desormais|a partir de maintenant|ahora|a partir de ahora|d'ora in poi|adesso|a partir de agora|agora|maintenant|ora|с этого момента|теперь|отныне|从现在起|现在|今後|今から|これから|지금부터
            approve: genehmig|bestatige|approuve|autorise|accepte|aprueb|aprobar|autoriza|approv|aprove|aprovar|одобр|подтверди|批准|同意|承認|승인
            execute: fuhrt|fuhre|ausfuhr|ausfuhren|starte|execut|ejecut|esegu|execute|выполн|запуст|执行|运行|実行|실행
            delete: losche|loschen|supprim|efface|borra|elimina|cancella|apague|exclua|удал|删除|清空|削除|삭제
            read: lies|lese|hole|lis|lisez|lee|leer|leggi|leia|прочит|считай|读取|阅读|読み取|읽
            refuse: ablehn|lehnst|weiger|refus|nieg|negar|rifiut|recus|отказ|拒绝|拒否|거부
            you: du|deine|dir|dich|tu|toi|tes|ton|votre|tus|eres|sei|tuo|tue|voce|seu|teu|ты|твои|тво|свой|вы|你|您|あなた|君|당신
            unrestricted: uneingeschrankt|ungefiltert|sin restricciones|sans restriction|sans aucune restriction|senza restrizioni|senza limiti|sem limites|sem filtros|sem restric|без ограничен|没有任何限制|不受限制|無制限|制限のない|제한 없는
            immediately: sofort|dringend|urgent|immediat|inmediat|urgente|subito|imediat|срочно|немедленно|紧急|立即|緊急|今すぐ|긴급
            document: dokument|datei hier|zeilen|seite|page|documento|archivo|lignes|lineas|pagina|righe|linhas|документ|из этого файла|本文档|此文件|页面|文書|このページ|문서
            as if nothing: als ware nichts|wie wenn nichts|comme si de rien|como si nada|come se niente|como se nada|как ни в чем|若无其事|何事もなかった
            securityteam: it-sicherheit|sicherheitsteam|sicherheitsabteilung|equipe securite|equipo de seguridad|team di sicurezza|equipe de seguranca|служба безопасности|отдел безопасности|安全团队|セキュリティチーム|보안팀
            can: kann|konnen|konnte|peut|peuvent|pouvez|puede|pueden|puo|possono|pode|podem|может|могут|можно|можете|可以|能够|できます|できる|수 있
            example: beispiel|etwa|angriff|attaque|exemple|ataque|ejemplo|attacco|esempio|exemplo|атак|например|внедрен|攻击|例如|注入|攻撃|たとえば|injection|inyeccion|injecao|iniezion|공격
            """;

    /** Little words that tell that a text is in one of the languages at all. */
    private static final Set<String> LITTLE = Set.of(
            ("der die das und nicht ist bitte den ein alle deine dir was von an mit le la les et est de des du tu ton tes une sans el los"
                            + " las que y o sin una por il che di per senza e gli os as sem uma em para seu tudo sua al del todas un da mai")
                    .split(" "));

    private static final Map<Character, List<String[]>> INDEX = index();

    private Glossary() {}

    private static Map<Character, List<String[]>> index() {
        Map<Character, List<String[]>> index = new HashMap<>();
        STEMS.lines().forEach(line -> {
            String english = line.substring(0, line.indexOf(':'));
            for (String stem : line.substring(line.indexOf(':') + 1).strip().split("\\|", -1)) {
                index.computeIfAbsent(stem.charAt(0), _ -> new ArrayList<>()).add(new String[] {stem, english});
            }
        });
        index.values().forEach(list -> list.sort(Comparator.comparingInt((String[] entry) -> -entry[0].length())));
        return index;
    }

    /** The text with the words that it knows in English, or null when it is in none of the languages. */
    static @Nullable String read(String raw) {
        String text = plain(raw);
        StringBuilder out = new StringBuilder(text.length() + 16);
        Set<String> known = new java.util.HashSet<>();
        int little = 0;
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (!Character.isLetter(c)) {
                out.append(c == '。' || c == '！' || c == '？' ? ". " : c == '、' || c == '，' ? ", " : c == '：' ? ": " : c);
                at++;
                continue;
            }
            boolean dense = dense(c);
            String[] entry = entry(text, at, dense);
            int end = at + (entry == null ? 1 : entry[0].length());
            while (!dense && end < text.length() && Character.isLetter(text.charAt(end)) && !dense(text.charAt(end))) {
                end++;
            }
            little += LITTLE.contains(text.substring(at, end)) ? 1 : 0;
            if (entry != null) {
                known.add(entry[1]);
                little += c > 0x24F ? 2 : entry[0].indexOf(' ') > 0 ? 1 : 0;
                out.append(' ').append(entry[1]).append(' ');
            } else {
                out.append(dense ? "" : text.substring(at, end));
            }
            at = end;
        }
        return known.size() >= 3 && little >= 2 ? out.toString() : null;
    }

    /** A stem of four letters or more begins a word; a shorter one is the word. */
    private static String @Nullable [] entry(String text, int at, boolean dense) {
        for (String[] entry : INDEX.getOrDefault(text.charAt(at), List.of())) {
            int end = at + entry[0].length();
            if (text.startsWith(entry[0], at)
                    && (dense
                            || entry[0].length() >= 4
                            || end == text.length()
                            || !Character.isLetter(text.charAt(end)))) {
                return entry;
            }
        }
        return null;
    }

    /** Scripts that part no words by blanks, or hang endings on them. */
    private static boolean dense(char c) {
        return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7AF);
    }

    /** Lower case; Latin letters without their marks, the others as they are. */
    private static String plain(String text) {
        String lower = Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
        StringBuilder out = new StringBuilder(lower.length());
        for (int i = 0; i < lower.length(); i++) {
            char c = lower.charAt(i);
            if (c == 'ß') {
                out.append("ss");
            } else if (c == '’') {
                out.append('\'');
            } else if (c >= 0xC0 && c <= 0x24F) {
                out.append(Normalizer.normalize(Character.toString(c), Normalizer.Form.NFD)
                        .charAt(0));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
