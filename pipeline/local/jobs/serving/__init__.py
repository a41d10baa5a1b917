"""The program that serves a model with its script, as the framework images do; a process of its own.

It follows the public contract of the SageMaker Inference Toolkit (github.com/aws/sagemaker-inference-toolkit)
and of the frameworks' own containers, which build on it.
"""
