//! What a text means, as a model has it: a direction.

use pulp::Arch;

/// A vector of length 1. The product of two is the cosine of the angle between them: 1 for the same meaning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vector(Vec<f32>);

impl Vector {
    /// `None` where the numbers are no direction: all of them zero, or one of them infinite or not a number.
    pub(crate) fn new(mut numbers: Vec<f32>) -> Option<Self> {
        let length = numbers.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
        if !length.is_normal() {
            return None;
        }
        numbers.iter_mut().for_each(|number| *number = (f64::from(*number) / length) as f32);
        Some(Self(numbers))
    }

    pub(crate) fn dimension(&self) -> usize {
        self.0.len()
    }

    /// 0 where the dimensions differ: such vectors have nothing to do with each other.
    pub(crate) fn cosine(&self, other: &Self) -> f64 {
        if self.dimension() != other.dimension() {
            return 0.0;
        }
        self.0.iter().zip(&other.0).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// Takes what [`to_bytes`](Self::to_bytes) gives.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let (numbers, _) = bytes.as_chunks();
        Self(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

/// What the vectors of many texts have in common says nothing about one of them: that they are sentences, or of the same two people. A
/// space without it tells them apart better.
///
/// After J. Mu and P. Viswanath, [All-but-the-Top](https://arxiv.org/abs/1702.01417): without the mean and the main direction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    mean: Vec<f32>,
    /// Of length 1, or empty.
    direction: Vec<f32>,
}

/// The main direction is known well enough after so many multiplications.
const ROUNDS: usize = 16;

impl Space {
    /// Without the mean of these vectors.
    pub(crate) fn centred(vectors: &[Vector]) -> Self {
        Self { mean: mean(vectors), direction: Vec::new() }
    }

    /// Without their mean and their main direction.
    pub(crate) fn of(vectors: &[Vector]) -> Self {
        let mean = mean(vectors);
        let rest: Vec<Vec<f32>> = vectors.iter().map(|vector| difference(&vector.0, &mean)).collect();
        let mut direction = rest.first().cloned().unwrap_or_default();
        for _ in 0..ROUNDS {
            let mut next = vec![0.0; direction.len()];
            for one in &rest {
                add(&mut next, one, product(one, &direction));
            }
            match Vector::new(next) {
                Some(Vector(next)) => direction = next,
                None => return Self { mean, direction: Vec::new() },
            }
        }
        Self { mean, direction }
    }

    /// Of the vectors that it was made from.
    pub(crate) fn dimension(&self) -> usize {
        self.mean.len()
    }

    /// The vector in this space. One that has nothing of its own stays as it is.
    pub(crate) fn place(&self, vector: &Vector) -> Vector {
        self.place_centred(self.centre(vector))
    }

    /// The vector without the mean.
    pub(crate) fn centre(&self, vector: &Vector) -> Vector {
        if self.mean.len() != vector.dimension() {
            return vector.clone();
        }
        Vector::new(difference(&vector.0, &self.mean)).unwrap_or_else(|| vector.clone())
    }

    /// The vector in this space, of the one without the mean.
    pub(crate) fn place_centred(&self, centred: Vector) -> Vector {
        if self.direction.len() != centred.dimension() {
            return centred;
        }
        let mut rest = centred.0.clone();
        let common = product(&rest, &self.direction);
        add(&mut rest, &self.direction, -common);
        Vector::new(rest).unwrap_or(centred)
    }
}

fn mean(vectors: &[Vector]) -> Vec<f32> {
    let mut mean = vec![0.0; vectors.first().map_or(0, Vector::dimension)];
    for vector in vectors {
        add(&mut mean, &vector.0, 1.0 / vectors.len() as f32);
    }
    mean
}

fn product(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn add(sum: &mut [f32], one: &[f32], factor: f32) {
    sum.iter_mut().zip(one).for_each(|(sum, one)| *sum += one * factor);
}

fn difference(one: &[f32], other: &[f32]) -> Vec<f32> {
    one.iter().zip(other).map(|(one, other)| one - other).collect()
}

/// Many vectors in a quarter of their size, to find the nearest ones quickly. Their cosines are right to about one in a hundred.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    dimension: usize,
    numbers: Vec<i8>,
    /// What a vector's numbers are to be multiplied with.
    scales: Vec<f32>,
}

impl Codes {
    pub(crate) fn of_dimension(dimension: usize) -> Self {
        Self { dimension, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.scales.len()
    }

    /// In bytes.
    pub(crate) fn size(&self) -> usize {
        self.numbers.len() + self.scales.len() * size_of::<f32>()
    }

    pub(crate) fn push(&mut self, vector: &Vector) {
        let largest = vector.0.iter().fold(f32::MIN_POSITIVE, |largest, number| largest.max(number.abs()));
        let scale = largest / f32::from(i8::MAX);
        self.scales.push(scale);
        let numbers = vector.0.iter().copied().chain(std::iter::repeat(0.0)).take(self.dimension);
        self.numbers.extend(numbers.map(|number| (number / scale).round() as i8));
    }

    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
        self.scales.clear();
    }

    /// Keeps those for which the function says so, in their order.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let mut kept = 0;
        for place in 0..self.len() {
            if keep(place) {
                self.scales.swap(kept, place);
                let from = place * self.dimension;
                self.numbers.copy_within(from..from + self.dimension, kept * self.dimension);
                kept += 1;
            }
        }
        self.scales.truncate(kept);
        self.numbers.truncate(kept * self.dimension);
    }

    /// The places of those that are nearest to the vector, `count` at most, in no order; and how far the cosines of all spread (their standard
    /// deviation).
    pub(crate) fn nearest(&self, vector: &Vector, count: usize) -> (Vec<usize>, f64) {
        let mut one = Self::of_dimension(self.dimension);
        one.push(vector);
        let scale = one.scales.first().copied().unwrap_or_default();
        let mut cosines = vec![0.0; self.len()];
        // Compiled for each kind of processor; at run time it chooses the one that is there.
        Arch::new().dispatch(|| self.products(&one.numbers, scale, &mut cosines));
        let mut places: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        let cosine = |place: &u32| cosines[*place as usize];
        if places.len() > count {
            places.select_nth_unstable_by(count, |one, other| cosine(other).total_cmp(&cosine(one)));
            places.truncate(count);
        }
        (places.into_iter().map(|place| place as usize).collect(), spread(&cosines))
    }

    #[inline(always)]
    fn products(&self, other: &[i8], other_scale: f32, products: &mut [f32]) {
        let vectors = self.numbers.chunks_exact(self.dimension.max(1)).zip(&self.scales);
        for (product, (numbers, scale)) in products.iter_mut().zip(vectors) {
            let sum: i32 = numbers.iter().zip(other).map(|(one, other)| i32::from(*one) * i32::from(*other)).sum();
            *product = sum as f32 * scale * other_scale;
        }
    }
}

fn spread(numbers: &[f32]) -> f64 {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().map(|number| f64::from(*number)).sum::<f64>() / count;
    (numbers.iter().map(|number| (f64::from(*number) - mean).powi(2)).sum::<f64>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(dimension: usize) -> Vector {
        Vector::new((0..dimension).map(|_| fastrand::f32() - 0.5).collect()).unwrap()
    }

    #[test]
    fn numbers_without_a_direction_are_no_vector() {
        for numbers in [vec![], vec![0.0; 3], vec![1.0, f32::NAN], vec![f32::INFINITY, 0.0]] {
            assert_eq!(Vector::new(numbers.clone()), None, "{numbers:?}");
        }
        let vector = Vector::new(vec![3.0, 4.0]).unwrap();
        assert!((vector.cosine(&vector) - 1.0).abs() < 1e-6);
        assert_eq!(Vector::from_bytes(&vector.to_bytes()), vector);
    }

    #[test]
    fn the_nearest_by_code_are_the_nearest() {
        for dimension in [1, 7, 384] {
            let vectors: Vec<Vector> = (0..500).map(|_| random(dimension)).collect();
            let mut codes = Codes::of_dimension(dimension);
            vectors.iter().for_each(|vector| codes.push(vector));
            let wanted = random(dimension);
            let best = vectors.iter().map(|vector| vector.cosine(&wanted)).fold(f64::MIN, f64::max);
            let (near, spread) = codes.nearest(&wanted, 20);
            let exact: Vec<f32> = vectors.iter().map(|vector| vector.cosine(&wanted) as f32).collect();
            assert!((spread - super::spread(&exact)).abs() < 0.01, "{dimension}");
            assert_eq!(near.len(), 20);
            assert!(near.iter().any(|place| vectors[*place].cosine(&wanted) == best), "{dimension}");
        }
    }

    #[test]
    fn a_space_is_without_what_its_vectors_have_in_common() {
        // They share a mean, and differ most of all in one direction, which is not what makes each its own.
        let mut common = vec![0.0; 32];
        common[0] = 5.0;
        let vectors: Vec<Vector> = (0..200)
            .map(|_| {
                let mut numbers: Vec<f32> = random(32).0.iter().zip(&common).map(|(one, other)| one + other).collect();
                numbers[1] += if fastrand::bool() { 4.0 } else { -4.0 };
                Vector::new(numbers).unwrap()
            })
            .collect();
        let space = Space::of(&vectors);
        let placed: Vec<Vector> = vectors.iter().map(|vector| space.place(vector)).collect();
        let of_others = |vectors: &[Vector]| {
            let cosines = vectors[1..].iter().map(|vector| vector.cosine(&vectors[0]).abs());
            cosines.sum::<f64>() / (vectors.len() - 1) as f64
        };
        assert!(
            of_others(&vectors) > 0.5 && of_others(&placed) < 0.3,
            "{} {}",
            of_others(&vectors),
            of_others(&placed)
        );
        assert_eq!(Space::default().place(&vectors[0]), vectors[0]);
        assert_eq!(Space::of(&vectors[..1]).place(&vectors[0]), vectors[0]);
    }

    #[test]
    fn what_is_kept_stays_as_it_was() {
        let vectors: Vec<Vector> = (0..50).map(|_| random(8)).collect();
        let (mut all, mut odd) = (Codes::of_dimension(8), Codes::of_dimension(8));
        vectors.iter().for_each(|vector| all.push(vector));
        vectors.iter().skip(1).step_by(2).for_each(|vector| odd.push(vector));
        all.retain(|place| place % 2 == 1);
        assert_eq!((all.numbers, all.scales), (odd.numbers, odd.scales));
    }
}
