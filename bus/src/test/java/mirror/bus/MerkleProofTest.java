package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Trees and proofs against the definitions of RFC 6962, section 2.1, taken word for word, and against published values. */
final class MerkleProofTest {
    private static final int SIZES = 70;
    private static final HexFormat HEX = HexFormat.of();

    /** The leaves, roots and proofs of the reference implementation's tests (google/certificate-transparency, merkletree). */
    private static final List<byte[]> LEAVES =
            hex("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f");

    private static final List<byte[]> ROOTS = hex(
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

    private static List<byte[]> hex(String... values) {
        return List.of(values).stream().map(HEX::parseHex).toList();
    }

    private static LeafHashes of(List<byte[]> leaves) {
        return (size, consumer) -> leaves.subList(0, (int) size).forEach(consumer);
    }

    private static List<byte[]> random(RandomGenerator random, int count) {
        List<byte[]> leaves = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] leaf = new byte[32];
            random.nextBytes(leaf);
            leaves.add(leaf);
        }
        return leaves;
    }

    private static byte[] hash(int prefix, byte[]... parts) {
        var sha256 = EventLine.sha256();
        sha256.update((byte) prefix);
        for (byte[] part : parts) {
            sha256.update(part);
        }
        return sha256.digest();
    }

    private static int split(int n) {
        int k = 1;
        while (k * 2 < n) {
            k *= 2;
        }
        return k;
    }

    /** MTH. */
    private static byte[] root(List<byte[]> d) {
        int n = d.size();
        if (n == 1) {
            return hash(0, d.getFirst());
        }
        int k = split(n);
        return hash(1, root(d.subList(0, k)), root(d.subList(k, n)));
    }

    /** PATH. */
    private static List<byte[]> path(int m, List<byte[]> d) {
        int n = d.size();
        List<byte[]> path = new ArrayList<>();
        if (n == 1) {
            return path;
        }
        int k = split(n);
        if (m < k) {
            path.addAll(path(m, d.subList(0, k)));
            path.add(root(d.subList(k, n)));
        } else {
            path.addAll(path(m - k, d.subList(k, n)));
            path.add(root(d.subList(0, k)));
        }
        return path;
    }

    /** SUBPROOF. */
    private static List<byte[]> subproof(int m, List<byte[]> d, boolean known) {
        int n = d.size();
        List<byte[]> path = new ArrayList<>();
        if (m == n) {
            if (!known) {
                path.add(root(d));
            }
            return path;
        }
        int k = split(n);
        if (m <= k) {
            path.addAll(subproof(m, d.subList(0, k), known));
            path.add(root(d.subList(k, n)));
        } else {
            path.addAll(subproof(m - k, d.subList(k, n), false));
            path.add(root(d.subList(0, k)));
        }
        return path;
    }

    @Test
    void theRootsAreThePublishedOnes() {
        MerkleTree tree = new MerkleTree();
        for (int i = 0; i < LEAVES.size(); i++) {
            tree.add(LEAVES.get(i));
            assertThat(tree.root()).as("size %d", i + 1).isEqualTo(ROOTS.get(i));
        }
    }

    @Test
    void theProofsAreThePublishedOnes() {
        assertThat(InclusionProof.compute(0, 8, of(LEAVES)).path())
                .containsExactlyElementsOf(hex(
                        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"));
        assertThat(InclusionProof.compute(1, 5, of(LEAVES)).path())
                .containsExactlyElementsOf(hex(
                        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"));
        assertThat(ConsistencyProof.compute(6, 8, of(LEAVES)).path())
                .containsExactlyElementsOf(hex(
                        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"));
    }

    @Test
    void everyLeafOfEveryTreeHasTheProofThatTheRfcDefines() {
        Seed seed = Seed.fresh();
        List<byte[]> all = random(seed.random(), SIZES);
        for (int size = 1; size <= SIZES; size++) {
            List<byte[]> leaves = all.subList(0, size);
            byte[] root = root(leaves);
            for (int index = 0; index < size; index++) {
                InclusionProof proof = InclusionProof.compute(index, size, of(leaves));
                assertThat(proof.path())
                        .as("%s, %d of %d", seed, index, size)
                        .containsExactlyElementsOf(path(index, leaves));
                assertThat(proof.root(leaves.get(index)))
                        .as("%s, %d of %d", seed, index, size)
                        .isEqualTo(root);
            }
        }
    }

    @Test
    void anInclusionProofProvesNoOtherLeafPlaceSizeOrPath() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        List<byte[]> all = random(random, SIZES);
        for (int size = 1; size <= SIZES; size++) {
            List<byte[]> leaves = all.subList(0, size);
            byte[] root = root(leaves);
            for (int index = 0; index < size; index++) {
                List<byte[]> path =
                        InclusionProof.compute(index, size, of(leaves)).path();
                byte[] leaf = leaves.get(index);
                for (int other = 0; other < size; other++) {
                    if (other != index) {
                        assertRefused(seed, new InclusionProof(other, size, path), leaf, root);
                        assertRefused(seed, new InclusionProof(index, size, path), leaves.get(other), root);
                    }
                }
                assertRefused(seed, new InclusionProof(index, size, plus(path, root)), leaf, root);
                for (int i = 0; i < path.size(); i++) {
                    assertRefused(seed, new InclusionProof(index, size, flipped(path, i, random)), leaf, root);
                    assertRefused(seed, new InclusionProof(index, size, without(path, i)), leaf, root);
                }
            }
        }
    }

    private static void assertRefused(Seed seed, InclusionProof proof, byte[] leaf, byte[] root) {
        byte[] reached;
        try {
            reached = proof.root(leaf);
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("does not have " + proof.path().size() + " hashes");
            return;
        }
        assertThat(reached)
                .as("%s, %d of %d", seed, proof.index(), proof.size())
                .isNotEqualTo(root);
    }

    @Test
    void aPlaceOutsideTheTreeHasNoProof() {
        assertThatThrownBy(() -> new InclusionProof(7, 7, List.of())).hasMessageContaining("none at index 7");
        assertThatThrownBy(() -> new InclusionProof(-1, 7, List.of())).hasMessageContaining("none at index -1");
        assertThatThrownBy(() -> new InclusionProof(0, 0, List.of())).hasMessageContaining("none at index 0");
    }

    @Test
    void everyTwoTreesHaveTheConsistencyProofThatTheRfcDefines() {
        Seed seed = Seed.fresh();
        List<byte[]> all = random(seed.random(), SIZES);
        for (int to = 1; to <= SIZES; to++) {
            List<byte[]> leaves = all.subList(0, to);
            for (int from = 1; from <= to; from++) {
                ConsistencyProof proof = ConsistencyProof.compute(from, to, of(leaves));
                assertThat(proof.path())
                        .as("%s, %d to %d", seed, from, to)
                        .containsExactlyElementsOf(subproof(from, leaves, true));
                assertThat(proof.verifies(root(leaves.subList(0, from)), root(leaves)))
                        .as("%s, %d to %d", seed, from, to)
                        .isTrue();
            }
        }
    }

    @Test
    void aConsistencyProofProvesNoOtherRootsSizesOrPath() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        List<byte[]> all = random(random, 40);
        byte[] foreign = random(random, 1).getFirst();
        for (int to = 1; to <= all.size(); to++) {
            byte[] newer = root(all.subList(0, to));
            for (int from = 1; from <= to; from++) {
                byte[] older = root(all.subList(0, from));
                List<byte[]> path = ConsistencyProof.compute(from, to, of(all)).path();
                assertThat(new ConsistencyProof(from, to, path).verifies(foreign, newer))
                        .isFalse();
                assertThat(new ConsistencyProof(from, to, path).verifies(older, foreign))
                        .isFalse();
                assertThat(new ConsistencyProof(from, to, plus(path, foreign)).verifies(older, newer))
                        .isFalse();
                for (int other = 1; other <= to; other++) {
                    // In a complete tree the same subtrees may lie beside the paths to two older sizes; their roots
                    // still differ.
                    assertThat(new ConsistencyProof(other, to, path).verifies(older, newer))
                            .as("%s, %d to %d with the proof of %d", seed, other, to, from)
                            .isEqualTo(other == from);
                }
                for (int i = 0; i < path.size(); i++) {
                    assertThat(new ConsistencyProof(from, to, flipped(path, i, random)).verifies(older, newer))
                            .as("%s, %d to %d, hash %d", seed, from, to, i)
                            .isFalse();
                    assertThat(new ConsistencyProof(from, to, without(path, i)).verifies(older, newer))
                            .isFalse();
                }
            }
        }
        assertThatThrownBy(() -> new ConsistencyProof(0, 3, List.of())).hasMessageContaining("does not begin one of 3");
        assertThatThrownBy(() -> new ConsistencyProof(4, 3, List.of())).hasMessageContaining("does not begin one of 3");
    }

    private static List<byte[]> plus(List<byte[]> path, byte[] hash) {
        List<byte[]> longer = new ArrayList<>(path);
        longer.add(hash);
        return longer;
    }

    private static List<byte[]> without(List<byte[]> path, int index) {
        List<byte[]> shorter = new ArrayList<>(path);
        shorter.remove(index);
        return shorter;
    }

    private static List<byte[]> flipped(List<byte[]> path, int index, RandomGenerator random) {
        List<byte[]> other = new ArrayList<>(path);
        byte[] hash = path.get(index).clone();
        hash[random.nextInt(32)] ^= (byte) (1 << random.nextInt(8));
        other.set(index, hash);
        return other;
    }
}
