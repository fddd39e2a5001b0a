//! Enums whose variants each have one word in an ONNX file: the plain operators by their names, and
//! the attributes that are words.
//!
//! A word goes in, a variant comes out, and back; what has no variant is not supported.

/// An enum, and the word of each variant.
macro_rules! words {
    ($($(#[$doc:meta])* enum $name:ident { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),+ }

        impl $name {
            /// The variant of a word.
            pub(crate) fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The word of a variant.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    )+};
}

words! {
    /// One input, worked on element by element, without a parameter.
    enum Unary {
        Abs = "Abs",
        Acos = "Acos",
        Acosh = "Acosh",
        Asin = "Asin",
        Asinh = "Asinh",
        Atan = "Atan",
        Atanh = "Atanh",
        Ceil = "Ceil",
        Cos = "Cos",
        Cosh = "Cosh",
        Erf = "Erf",
        Exp = "Exp",
        Floor = "Floor",
        HardSwish = "HardSwish",
        Identity = "Identity",
        IsNaN = "IsNaN",
        Log = "Log",
        Mish = "Mish",
        Neg = "Neg",
        Not = "Not",
        Reciprocal = "Reciprocal",
        Relu = "Relu",
        Round = "Round",
        Sigmoid = "Sigmoid",
        Sign = "Sign",
        Sin = "Sin",
        Sinh = "Sinh",
        Softplus = "Softplus",
        Softsign = "Softsign",
        Sqrt = "Sqrt",
        Tan = "Tan",
        Tanh = "Tanh",
    }
    /// Two inputs that broadcast to one shape.
    enum Binary {
        Add = "Add",
        And = "And",
        Div = "Div",
        Equal = "Equal",
        Greater = "Greater",
        GreaterOrEqual = "GreaterOrEqual",
        Less = "Less",
        LessOrEqual = "LessOrEqual",
        Mul = "Mul",
        Or = "Or",
        Pow = "Pow",
        Sub = "Sub",
        Xor = "Xor",
    }
    /// Any number of inputs that broadcast to one shape.
    enum Variadic { Max = "Max", Mean = "Mean", Min = "Min", Sum = "Sum" }
    /// What becomes of the elements along the axes that go.
    enum Reduction {
        L1 = "ReduceL1",
        L2 = "ReduceL2",
        Max = "ReduceMax",
        Mean = "ReduceMean",
        Min = "ReduceMin",
        Prod = "ReduceProd",
        Sum = "ReduceSum",
        SumSquare = "ReduceSumSquare",
    }
    /// What becomes of a value where another one is put.
    enum ScatterReduction { None = "none", Add = "add", Mul = "mul", Max = "max", Min = "min" }
    /// How the padding of a kernel is found.
    enum AutoPad {
        NotSet = "NOTSET",
        Valid = "VALID",
        SameUpper = "SAME_UPPER",
        SameLower = "SAME_LOWER",
    }
    /// Which way a recurrent layer reads its sequence.
    enum Direction { Forward = "forward", Reverse = "reverse", Bidirectional = "bidirectional" }
    /// What a Pad writes outside.
    enum PadMode { Constant = "constant", Reflect = "reflect", Edge = "edge" }
    /// Where a Resize finds its samples.
    enum CoordinateMode {
        HalfPixel = "half_pixel",
        HalfPixelSymmetric = "half_pixel_symmetric",
        PytorchHalfPixel = "pytorch_half_pixel",
        AlignCorners = "align_corners",
        Asymmetric = "asymmetric",
        TfHalfPixelForNn = "tf_half_pixel_for_nn",
        TfCropAndResize = "tf_crop_and_resize",
    }
    /// How a Resize fills the gaps.
    enum Interpolation { Nearest = "nearest", Linear = "linear", Cubic = "cubic" }
    /// Which neighbour a Resize takes.
    enum NearestMode {
        RoundPreferFloor = "round_prefer_floor",
        RoundPreferCeil = "round_prefer_ceil",
        Floor = "floor",
        Ceil = "ceil",
    }
    /// What the sizes of a Resize mean.
    enum AspectPolicy { Stretch = "stretch", NotLarger = "not_larger", NotSmaller = "not_smaller" }
    /// Which formula a Gelu takes.
    enum GeluFormula { Exact = "none", Tanh = "tanh" }
}
