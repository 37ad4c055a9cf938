//! The compute kernels: compiled natively into the benchmark, and to WebAssembly as the guest `kernels`.

/// Runs a kernel by name; its result depends on all of its work.
pub(crate) fn run(kernel: &str) -> Option<u64> {
    Some(match kernel {
        "sha256" => sha256_of(&text(1 << 20)),
        "sort" => sort(200_000),
        "json" => json_round_trip(1_000),
        "fib" => u64::from(fib(27)),
        "mandelbrot" => mandelbrot(160),
        "matrix" => matrix(128),
        "distance" => u64::from(distance(&text(1_000), &text(1_400)[200..])),
        _ => return None,
    })
}

fn random(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 3
}

fn text(length: usize) -> Vec<u8> {
    let mut state = 1;
    (0..length).map(|_| b'a' + (random(&mut state) % 26) as u8).collect()
}

const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// SHA-256 in portable code (FIPS 180-4): a library would use the processor's own instructions natively. Returns the first 8 bytes.
fn sha256_of(message: &[u8]) -> u64 {
    let mut hash: [u32; 8] = [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19,
    ];
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend_from_slice(&((message.len() as u64) * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        compress(&mut hash, block);
    }
    u64::from(hash[0]) << 32 | u64::from(hash[1])
}

fn compress(hash: &mut [u32; 8], block: &[u8]) {
    let mut w = [0_u32; 64];
    for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    for i in 16..64 {
        let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
        let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *hash;
    for i in 0..64 {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let t1 = h
            .wrapping_add(s1)
            .wrapping_add((e & f) ^ (!e & g))
            .wrapping_add(K[i])
            .wrapping_add(w[i]);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let t2 = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
    }
    for (sum, word) in hash.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *sum = sum.wrapping_add(word);
    }
}

fn sort(length: usize) -> u64 {
    let mut state = 7;
    let mut values: Vec<u32> = (0..length).map(|_| random(&mut state)).collect();
    values.sort_unstable();
    values.iter().enumerate().fold(0_u64, |sum, (at, value)| {
        sum.wrapping_mul(31).wrapping_add(u64::from(*value) ^ at as u64)
    })
}

/// About 116 KB of JSON: parsed, and written again.
fn json_round_trip(records: usize) -> u64 {
    let mut state = 3;
    let mut source = String::from("[");
    for id in 0..records {
        let (price, stock) = (random(&mut state) % 10_000, random(&mut state) % 500);
        let comma = if id == 0 { "" } else { "," };
        source += &format!(
            "{comma}{{\"id\":{id},\"name\":\"Product number {id}\",\"price\":{}.{:02},\"stock\":{stock},\"tags\":[\"new\",\"gift\",\"sale\"],\"active\":true}}",
            price / 100,
            price % 100
        );
    }
    source.push(']');
    let Ok(value) = serde_json::from_str::<serde_json::Value>(&source) else { return 0 };
    value
        .to_string()
        .bytes()
        .fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into()))
}

fn fib(n: u32) -> u32 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn mandelbrot(size: u32) -> u64 {
    let mut sum = 0;
    for y in 0..size {
        for x in 0..size {
            let (cx, cy) = (
                f64::from(x) * 3.0 / f64::from(size) - 2.0,
                f64::from(y) * 2.4 / f64::from(size) - 1.2,
            );
            let (mut zx, mut zy) = (0.0, 0.0);
            for _ in 0..200 {
                if zx * zx + zy * zy > 4.0 {
                    break;
                }
                (zx, zy) = (zx * zx - zy * zy + cx, 2.0 * zx * zy + cy);
                sum += 1;
            }
        }
    }
    sum
}

/// A product of two matrices of floats.
fn matrix(size: usize) -> u64 {
    let mut state = 5;
    let mut numbers = || -> Vec<f64> {
        (0..size * size).map(|_| f64::from(random(&mut state) % 1_000)).collect()
    };
    let (a, b) = (numbers(), numbers());
    let mut sum = 0_u64;
    for row in 0..size {
        for column in 0..size {
            let cell: f64 = (0..size).map(|at| a[row * size + at] * b[at * size + column]).sum();
            sum = sum.wrapping_mul(31).wrapping_add(cell as u64);
        }
    }
    sum
}

/// Levenshtein's distance of two texts.
fn distance(a: &[u8], b: &[u8]) -> u32 {
    let mut row: Vec<u32> = (0..=b.len() as u32).collect();
    for (at, left) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = at as u32 + 1;
        for (column, right) in b.iter().enumerate() {
            let changed = corner + u32::from(left != right);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}
