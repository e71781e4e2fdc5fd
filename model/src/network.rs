//! The model itself: numbers of word pieces in, a vector out.

use rten::{Model, ModelOptions, NodeId, RunOptions, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};

use crate::error::ModelError;
use crate::threads::Threads;

const OUTPUT: &str = "last_hidden_state";

pub(crate) struct Network {
    model: Model,
    inputs: Vec<(NodeId, Input)>,
    output: NodeId,
    threads: Threads,
}

/// What a model of BERT's kind is given of a text that stands alone.
#[derive(Clone, Copy)]
enum Input {
    Pieces,
    /// All pieces count.
    Mask,
    /// All pieces are of the first text.
    Types,
}

impl Input {
    fn named(name: &str) -> Option<Self> {
        match name {
            "input_ids" => Some(Self::Pieces),
            "attention_mask" => Some(Self::Mask),
            "token_type_ids" => Some(Self::Types),
            _ => None,
        }
    }

    fn of(self, pieces: &[i32]) -> NdTensor<i32, 2> {
        let numbers = match self {
            Self::Pieces => pieces.to_vec(),
            Self::Mask => vec![1; pieces.len()],
            Self::Types => vec![0; pieces.len()],
        };
        NdTensor::from_data([1, pieces.len()], numbers)
    }
}

impl Network {
    #[cfg(feature = "built-in")]
    pub(crate) fn from_static(onnx: &'static [u8]) -> Result<Self, ModelError> {
        Self::new(options().load_static_slice(onnx))
    }

    pub(crate) fn from_bytes(onnx: Vec<u8>) -> Result<Self, ModelError> {
        Self::new(options().load(onnx))
    }

    fn new(model: Result<Model, rten::LoadError>) -> Result<Self, ModelError> {
        let model = model.map_err(|error| ModelError::Network {
            reason: "it is not an ONNX model that can be run".to_owned(),
            source: Some(error.into()),
        })?;
        let inputs = model.input_ids().iter().map(|&id| input(&model, id)).collect::<Result<Vec<_>, _>>()?;
        if !inputs.iter().any(|(_, input)| matches!(input, Input::Pieces)) {
            return Err(ModelError::network("it has no input input_ids: choose a BERT model"));
        }
        let output = model.find_node(OUTPUT).filter(|id| model.output_ids().contains(id)).ok_or_else(|| {
            ModelError::network(format!("it has no output {OUTPUT}: export the model without a pooling layer"))
        })?;
        Ok(Self { model, inputs, output, threads: Threads::default() })
    }

    /// The name that the model's file gives it.
    pub(crate) fn name(&self) -> Option<&str> {
        self.model.metadata().get("name")
    }

    /// The mean of the vectors that the model makes of the pieces, of length 1.
    pub(crate) fn vector(&self, pieces: &[i32]) -> Result<Vec<f32>, ModelError> {
        let inputs = self.inputs.iter().map(|&(id, input)| (id, ValueOrView::from(input.of(pieces)))).collect();
        let [states] = self
            .threads
            .run(|thread| {
                let options = RunOptions::default().with_thread_pool(Some(thread));
                self.model.run_n(inputs, [self.output], Some(options))
            })
            .map_err(ModelError::run)?;
        let states: NdTensor<f32, 3> = states.try_into().map_err(|_| {
            ModelError::network(format!("its output {OUTPUT} does not have the shape [texts, pieces, dimension]"))
        })?;
        normalized(mean(states.slice(0)))
    }
}

fn options() -> ModelOptions {
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    options
}

fn input(model: &Model, id: NodeId) -> Result<(NodeId, Input), ModelError> {
    let node = model.node_info(id);
    let name = node.as_ref().and_then(|node| node.name()).unwrap_or("without a name");
    let input = Input::named(name).ok_or_else(|| {
        ModelError::network(format!(
            "it has an input {name}, but only input_ids, attention_mask and token_type_ids are supported: choose a BERT model"
        ))
    })?;
    Ok((id, input))
}

fn mean(states: NdTensorView<f32, 2>) -> Vec<f32> {
    let [pieces, dimension] = states.shape();
    let mut sum = vec![0.0; dimension];
    for piece in 0..pieces {
        for (total, value) in sum.iter_mut().zip(states.slice(piece).iter()) {
            *total += value;
        }
    }
    sum.iter().map(|total| total / pieces as f32).collect()
}

fn normalized(vector: Vec<f32>) -> Result<Vec<f32>, ModelError> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    let vector: Vec<f32> = vector.iter().map(|value| value / length).collect();
    if vector.is_empty() || vector.iter().any(|value| !value.is_finite()) {
        return Err(ModelError::NotFinite);
    }
    Ok(vector)
}
