package mirror.tiers.swarm;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What calls have spent, by the blocks that the log holds for them. A block that nobody settled counts with what its receipts say, or in full once nobody can tell any
 * more what was used of it; so this is never less than what was spent. Guarded by its owner.
 */
@JsonAutoDetect(
        fieldVisibility = Visibility.ANY,
        getterVisibility = Visibility.NONE,
        isGetterVisibility = Visibility.NONE)
final class Spending {
    /** Millionths in a hundredth. */
    private static final long CENT = 10_000;

    private long cents;
    private long tokens;
    private long money;
    private Map<String, Block> blocks = new LinkedHashMap<>();

    @JsonAutoDetect(
            fieldVisibility = Visibility.ANY,
            getterVisibility = Visibility.NONE,
            isGetterVisibility = Visibility.NONE)
    private static final class Block {
        long money;
        long tokens;
        long usedMoney;
        long usedTokens;
        boolean full;

        long cents() {
            return ceil(full ? Math.max(money, usedMoney) : usedMoney);
        }

        long allTokens() {
            return full ? Math.max(tokens, usedTokens) : usedTokens;
        }
    }

    private static long ceil(long money) {
        return Math.ceilDiv(Math.max(0, money), CENT);
    }

    void reserved(String block, long blockMoney, long blockTokens) {
        Block made = new Block();
        made.money = blockMoney;
        made.tokens = blockTokens;
        blocks.putIfAbsent(block, made);
    }

    void used(String block, long usedMoney, long usedTokens) {
        Block of = blocks.get(block);
        if (of != null) {
            of.usedMoney += Math.max(0, usedMoney);
            of.usedTokens += Math.max(0, usedTokens);
        }
    }

    void settled(String block, long realMoney, long realTokens) {
        if (blocks.remove(block) != null) {
            cents += ceil(realMoney);
            money += Math.max(0, realMoney);
            tokens += Math.max(0, realTokens);
        }
    }

    /** Nobody knows what was used of what is open now. */
    void unknown() {
        blocks.values().forEach(block -> block.full = true);
    }

    /** As leases count it. */
    Purse purse() {
        return new Purse(
                cents + blocks.values().stream().mapToLong(Block::cents).sum(),
                tokens + blocks.values().stream().mapToLong(Block::allTokens).sum());
    }

    /** Millionths of a US dollar. */
    long money() {
        return money
                + blocks.values().stream()
                        .mapToLong(block -> block.full ? Math.max(block.money, block.usedMoney) : block.usedMoney)
                        .sum();
    }

    Iterable<String> open() {
        return blocks.keySet();
    }
}
